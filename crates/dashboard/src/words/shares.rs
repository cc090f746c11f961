//! Shares and what their links show, a project's look, and the page of administrators.

use super::Words;

chart::words! { Words, SHARES:
    shares_and_embeds = "Shares and embeds", "Enlaces compartidos e incrustaciones", "Condivisioni e incorporamenti", "Compartilhamentos e incorporações";
    kept_to = "Kept to", "Limitado a", "Limitata a", "Limitado a";
    embedded_by = "Embedded by", "Incrustado por", "Incorporata da", "Incorporado por";
    until = "Until", "Hasta", "Fino a", "Até";
    page_head = "Page", "Página", "Pagina", "Página";
    title_if_other = "Title, if it is not the page’s own", "Título, si no es el de la página", "Titolo, se non è quello della pagina", "Título, se não for o da própria página";
    may_choose_range = "Whoever looks may choose another range", "Quien la mire puede elegir otro periodo", "Chi guarda può scegliere un altro periodo", "Quem olha pode escolher outro período";
    may_be_changed = "may be changed", "se puede cambiar", "modificabile", "pode ser alterado";
    filters_that_stay = "Filters that stay, one a line, as channel:is:web,app", "Filtros fijos, uno por línea, como channel:is:web,app", "Filtri fissi, uno per riga, come channel:is:web,app", "Filtros fixos, um por linha, como channel:is:web,app";
    origins_that_embed = "Origins whose pages may embed it, separated by spaces", "Orígenes cuyas páginas pueden incrustarla, separados por espacios", "Origini le cui pagine possono incorporarla, separate da spazi", "Origens cujas páginas podem incorporá-la, separadas por espaços";
    days_until_over = "Days until it is over", "Días hasta que caduque", "Giorni fino alla scadenza", "Dias até expirar";
    to_change_it = "To change it", "Para cambiarlo", "Per modificare", "Para alterar";
    share_page = "Share the page", "Compartir la página", "Condividi la pagina", "Compartilhar a página";
    share_note = "Whoever has the link sees the page without signing in: its figures, and nothing behind them. No conversation, no text that somebody wrote, no single agent.", "Quien tenga el enlace ve la página sin iniciar sesión: sus cifras y nada de lo que hay detrás. Ninguna conversación, ningún texto escrito por alguien, ningún agente individual.", "Chi ha il link vede la pagina senza accedere: i suoi dati e nulla di ciò che c’è dietro. Nessuna conversazione, nessun testo scritto da qualcuno, nessun singolo operatore.", "Quem tem o link vê a página sem entrar: seus números e nada do que há por trás. Nenhuma conversa, nenhum texto escrito por alguém, nenhum atendente individual.";

    shared_figures = "Shared figures", "Cifras compartidas", "Dati condivisi", "Números compartilhados";
    shows_nothing = "This link shows nothing", "Este enlace no muestra nada", "Questo link non mostra nulla", "Este link não mostra nada";
    over_or_taken_back = "It may be over, or it was taken back. Ask whoever sent it for another.", "Puede que haya caducado o que se haya retirado. Pida otro a quien lo envió.", "Forse è scaduto, o è stato ritirato. Chiederne un altro a chi l’ha inviato.", "Talvez tenha expirado ou tenha sido retirado. Peça outro a quem o enviou.";
    one_moment = "One moment", "Un momento", "Un momento", "Um momento";
    too_many_look = "Too many people are looking", "Demasiadas personas la están mirando", "Troppe persone stanno guardando", "Pessoas demais estão olhando";
    load_in_seconds = "Load the page again in a few seconds.", "Cargue la página de nuevo en unos segundos.", "Ricaricare la pagina tra qualche secondo.", "Carregue a página de novo em alguns segundos.";
    load_in_a_minute = "Load the page again in a minute.", "Cargue la página de nuevo en un minuto.", "Ricaricare la pagina tra un minuto.", "Carregue a página de novo em um minuto.";
    no_figures = "There are no figures to show.", "No hay cifras que mostrar.", "Non ci sono dati da mostrare.", "Não há números para mostrar.";

    fewer = "Fewer", "Menos", "Meno", "Menos";
    more = "More", "Más", "Più", "Mais";
    drawn_as_of(brand, project, page, time) = "{brand}: {project}, {page}. As of {time}.", "{brand}: {project}, {page}. A {time}.", "{brand}: {project}, {page}. Al {time}.", "{brand}: {project}, {page}. Em {time}.";
}

chart::words! { Words, LOOK:
    look = "Look", "Aspecto", "Aspetto", "Aparência";
    look_says = "Name, logo and colours of the pages of this project and of its shares", "Nombre, logotipo y colores de las páginas de este proyecto y de las que comparte", "Nome, logo e colori delle pagine di questo progetto e di quelle condivise", "Nome, logotipo e cores das páginas deste projeto e das que ele compartilha";
    name_instead = "Name instead of Rapport", "Nombre en lugar de Rapport", "Nome al posto di Rapport", "Nome em vez de Rapport";
    logo_file = "Logo: PNG, JPEG or WebP, at most 64 KiB", "Logotipo: PNG, JPEG o WebP, 64 KiB como máximo", "Logo: PNG, JPEG o WebP, al massimo 64 KiB", "Logotipo: PNG, JPEG ou WebP, no máximo 64 KiB";
    no_logo = "Take the logo away", "Quitar el logotipo", "Togli il logo", "Tirar o logotipo";
    domain_of_shares = "Domain of the links of shares, a name of this server", "Dominio de los enlaces compartidos, un nombre de este servidor", "Dominio dei link condivisi, un nome di questo server", "Domínio dos links compartilhados, um nome deste servidor";
    sender_of_mails = "Sender of mails", "Remitente de los correos", "Mittente delle e-mail", "Remetente dos e-mails";
    save_look = "Save the look", "Guardar el aspecto", "Salva l’aspetto", "Salvar a aparência";
    look_note = "An empty field is as Rapport has it. Without colours for the dark theme the nearest that can be read there are used. Text needs a contrast of 4.5:1 on the grounds of the pages, charts need 3:1: a colour that has less is refused, with the nearest one that has it.", "Un campo vacío queda como en Rapport. Sin colores para el tema oscuro se usan los más próximos que allí se pueden leer. El texto necesita un contraste de 4.5:1 sobre los fondos de las páginas; los gráficos, de 3:1: un color con menos contraste se rechaza, con el más próximo que lo tiene.", "Un campo vuoto resta come in Rapport. Senza colori per il tema scuro si usano i più vicini che vi si possono leggere. Il testo richiede un contrasto di 4.5:1 sugli sfondi delle pagine, i grafici di 3:1: un colore con meno contrasto è rifiutato, con il più vicino che lo raggiunge.", "Um campo vazio fica como no Rapport. Sem cores para o tema escuro são usadas as mais próximas que podem ser lidas ali. O texto precisa de um contraste de 4.5:1 sobre os fundos das páginas; os gráficos, de 3:1: uma cor com menos contraste é recusada, com a mais próxima que o tem.";
    is_no_colour(field, text) = "{field}: {text} is no colour: write #rrggbb.", "{field}: {text} no es un color: escriba #rrggbb.", "{field}: {text} non è un colore: scrivere #rrggbb.", "{field}: {text} não é uma cor: escreva #rrggbb.";
    look_is_for = "Owners of the project change how its pages look.", "Los propietarios del proyecto cambian el aspecto de sus páginas.", "I proprietari del progetto modificano l’aspetto delle sue pagine.", "Os proprietários do projeto alteram a aparência de suas páginas.";
}

chart::names! { Words, colour_says, COLOURS:
    "accent" = "Colour of links, buttons and values, as #1d55c4", "Color de enlaces, botones y valores, como #1d55c4", "Colore di link, pulsanti e valori, come #1d55c4", "Cor de links, botões e valores, como #1d55c4";
    "accent_dark" = "The same in the dark theme", "El mismo en el tema oscuro", "Lo stesso nel tema scuro", "A mesma no tema escuro";
    "chart" = "Colour of charts, if it is another", "Color de los gráficos, si es otro", "Colore dei grafici, se è un altro", "Cor dos gráficos, se for outra";
    "chart_dark" = "Colour of charts in the dark theme", "Color de los gráficos en el tema oscuro", "Colore dei grafici nel tema scuro", "Cor dos gráficos no tema escuro";
}

chart::words! { Words, ADMIN:
    administrators_see = "Administrators see all projects of this installation.", "Los administradores ven todos los proyectos de esta instalación.", "Gli amministratori vedono tutti i progetti di questa installazione.", "Os administradores veem todos os projetos desta instalação.";
    projects_and_administrators = "All projects and administrators", "Todos los proyectos y administradores", "Tutti i progetti e gli amministratori", "Todos os projetos e administradores";
    skip_to_projects = "Skip to the projects", "Ir a los proyectos", "Vai ai progetti", "Ir para os projetos";
    all_projects = "All projects", "Todos los proyectos", "Tutti i progetti", "Todos os projetos";
    projects = "Projects", "Proyectos", "Progetti", "Projetos";
    projects_held(count) = "{count} in this installation; messages and dead letters of the last seven days", "{count} en esta instalación; mensajes y eventos rechazados de los últimos siete días", "{count} in questa installazione; messaggi ed eventi rifiutati degli ultimi sette giorni", "{count} nesta instalação; mensagens e eventos recusados dos últimos sete dias";
    the_first(count) = ", the first {count} of them", ", de los {count} primeros", ", dei primi {count}", ", dos {count} primeiros";
    compared_as_they_are = "Each project has its own zone and currency: amounts of money are compared as they are.", "Cada proyecto tiene su zona y su moneda: los importes se comparan tal cual.", "Ogni progetto ha il proprio fuso e la propria valuta: gli importi sono confrontati così come sono.", "Cada projeto tem seu fuso e sua moeda: os valores em dinheiro são comparados como estão.";
    administrators = "Administrators", "Administradores", "Amministratori", "Administradores";
    they_own_everything = "They own every project, those to come too", "Son propietarios de todos los proyectos, también de los futuros", "Possiedono ogni progetto, anche quelli futuri", "São proprietários de todos os projetos, também dos futuros";
    compare = "Compare", "Comparar", "Confronta", "Comparar";
    over_range = "Over", "Durante", "Nel periodo", "Durante";
    figures_head = "Figures", "Cifras", "Dati", "Números";
    by_day = "By day", "Por día", "Per giorno", "Por dia";
    against_before = "Against before", "Frente a antes", "Rispetto a prima", "Em relação a antes";
    last_event = "Last event", "Último evento", "Ultimo evento", "Último evento";
    letters_head = "Dead letters", "Eventos rechazados", "Eventi rifiutati", "Eventos recusados";
    no_answer = "no answer", "sin respuesta", "nessuna risposta", "sem resposta";
    is_behind(time) = "{time} behind", "{time} de retraso", "in ritardo di {time}", "{time} de atraso";
    none_for_a_day = "none for a day", "ninguno en un día", "nessuno da un giorno", "nenhum há um dia";
    nobody_yet = "Nobody yet. Whoever opens the link that the server printed when it started is the first, or invite somebody here.", "Nadie todavía. Quien abra el enlace que el servidor mostró al arrancar será el primero; también se puede invitar a alguien aquí.", "Ancora nessuno. Il primo è chi apre il link che il server ha mostrato all’avvio; oppure si invita qualcuno qui.", "Ninguém ainda. Quem abrir o link que o servidor mostrou ao iniciar será o primeiro; também é possível convidar alguém aqui.";
    invite_administrator = "Invite an administrator", "Invitar a un administrador", "Invita un amministratore", "Convidar um administrador";
}
