//! Signing in and out, joining, the account, and what a page says when it is not shown.

use super::Words;

chart::words! { Words, DOORS:
    sign_in = "Sign in", "Iniciar sesión", "Accedi", "Entrar";
    email = "E-mail address", "Correo electrónico", "Indirizzo e-mail", "E-mail";
    password = "Password", "Contraseña", "Password", "Senha";
    or_with_key = "Or with a key", "O con una clave", "Oppure con una chiave", "Ou com uma chave";
    key_that_reads = "Key that may read", "Clave con permiso de lectura", "Chiave con permesso di lettura", "Chave com permissão de leitura";
    sign_in_with_key = "Sign in with the key", "Iniciar sesión con la clave", "Accedi con la chiave", "Entrar com a chave";
    makes_a_key(command) = "{command} makes one. A session lasts twelve hours, or until its key is revoked.", "{command} crea una. Una sesión dura doce horas, o hasta que se revoque su clave.", "{command} ne crea una. Una sessione dura dodici ore, o finché la sua chiave non è revocata.", "{command} cria uma. Uma sessão dura doze horas, ou até que sua chave seja revogada.";
    no_key_here = "This is no key that may read here.", "Esta clave no tiene permiso de lectura aquí.", "Questa chiave non ha il permesso di lettura qui.", "Esta chave não tem permissão de leitura aqui.";
    link_is_over = "This link is over", "Este enlace ya no es válido", "Questo link non è più valido", "Este link não é mais válido";
    ask_for_another = "It was taken, withdrawn or replaced, or more than 24 hours have passed. Ask whoever gave it to you for another one.", "Se usó, se retiró o se sustituyó, o han pasado más de 24 horas. Pida otro a quien se lo dio.", "È stato usato, ritirato o sostituito, oppure sono passate più di 24 ore. Chiederne un altro a chi lo ha dato.", "Foi usado, retirado ou substituído, ou se passaram mais de 24 horas. Peça outro a quem o deu.";
    invited(project, role) = "You are invited to {project} as {role}.", "Tiene una invitación a {project} como {role}.", "Invito a {project} come {role}.", "Você tem um convite para {project} como {role}.";
    owns_everything = "You will own every project here.", "Será propietario de todos los proyectos de aquí.", "Si diventa proprietari di tutti i progetti di questo server.", "Você será proprietário de todos os projetos daqui.";
    password_here = "The password that you have here", "La contraseña que ya tiene aquí", "La password già in uso qui", "A senha que você já tem aqui";
    new_password_here = "Password, at least 10 characters", "Contraseña, al menos 10 caracteres", "Password, almeno 10 caratteri", "Senha, pelo menos 10 caracteres";
    join = "Join", "Unirse", "Partecipa", "Participar";
    signed_in_with_key(key) = "You signed in with the key {key}.", "Ha iniciado sesión con la clave {key}.", "Accesso con la chiave {key}.", "Você entrou com a chave {key}.";
    signed_in_as(email) = "You signed in as {email}.", "Ha iniciado sesión como {email}.", "Accesso come {email}.", "Você entrou como {email}.";
    your_password = "Your password", "Su contraseña", "Password attuale", "Sua senha";
    new_password = "New password, at least 10 characters", "Contraseña nueva, al menos 10 caracteres", "Nuova password, almeno 10 caratteri", "Nova senha, pelo menos 10 caracteres";
    change_password = "Change the password", "Cambiar la contraseña", "Cambia la password", "Alterar a senha";
    changing_ends = "Changing it ends your sessions at all other browsers.", "Al cambiarla terminan sus sesiones en todos los demás navegadores.", "Il cambio termina le sessioni in tutti gli altri browser.", "A alteração encerra suas sessões em todos os outros navegadores.";
    sign_out_everywhere = "Sign out everywhere", "Cerrar sesión en todas partes", "Esci ovunque", "Sair de todos os lugares";
    sign_out = "Sign out", "Cerrar sesión", "Esci", "Sair";
    back_to_figures = "Back to the figures", "Volver a las cifras", "Torna ai dati", "Voltar aos números";
    key_has_no_password = "A key has no password", "Una clave no tiene contraseña", "Una chiave non ha password", "Uma chave não tem senha";
    change_language = "Change", "Cambiar", "Cambia", "Alterar";

    not_from_here = "Not from here", "No desde aquí", "Non da qui", "Não daqui";
    form_of_another = "This form was sent by another page, or before you signed in: open its page again.", "Este formulario lo envió otra página, o antes de iniciar sesión: abra su página de nuevo.", "Questo modulo è stato inviato da un’altra pagina o prima dell’accesso: riaprire la sua pagina.", "Este formulário foi enviado por outra página ou antes de você entrar: abra a página dele de novo.";
    not_for_role = "Not for your role", "No para su rol", "Non per questo ruolo", "Não para o seu papel";
    agents_are_for = "Owners, analysts and clients of the project see the figures of single agents.", "Los propietarios, analistas y clientes del proyecto ven las cifras de cada agente.", "Proprietari, analisti e clienti del progetto vedono i dati dei singoli operatori.", "Proprietários, analistas e clientes do projeto veem os números de cada atendente.";
    conversations_are_for = "Owners, analysts and agents of the project read conversations.", "Los propietarios, analistas y agentes del proyecto leen conversaciones.", "Proprietari, analisti e operatori del progetto leggono le conversazioni.", "Proprietários, analistas e atendentes do projeto leem conversas.";
    letters_are_for = "Dead letters quote what was sent. Owners, analysts and agents of the project read them.", "Los eventos rechazados citan lo que se envió. Los leen los propietarios, analistas y agentes del proyecto.", "Gli eventi rifiutati citano ciò che è stato inviato. Li leggono proprietari, analisti e operatori del progetto.", "Os eventos recusados citam o que foi enviado. São lidos por proprietários, analistas e atendentes do projeto.";
    to_the_overview = "Go to the overview", "Ir al resumen", "Vai alla panoramica", "Ir para a visão geral";
    nothing_here = "Nothing here", "Aquí no hay nada", "Qui non c’è nulla", "Não há nada aqui";
    no_such_project = "There is no such project for you", "No tiene acceso a un proyecto así", "Non c’è un progetto accessibile con questo nome", "Não há um projeto assim para você";
    no_project_yet = "There is no project for you yet", "Todavía no tiene ningún proyecto", "Non c’è ancora alcun progetto accessibile", "Ainda não há um projeto para você";
    no_such_page = "There is no such page", "No existe esa página", "Questa pagina non esiste", "Essa página não existe";
    no_such_change = "There is no such change", "No existe ese cambio", "Questa modifica non esiste", "Essa alteração não existe";
    no_such_drawing = "There is no such drawing", "No existe ese gráfico", "Questo grafico non esiste", "Esse gráfico não existe";
    nothing_to_draw = "There is nothing to draw in this range", "No hay nada que dibujar en este periodo", "Non c’è nulla da disegnare in questo periodo", "Não há nada para desenhar neste período";
    no_such_thing(names) = "There is nothing called {names} here", "Aquí no hay nada llamado {names}", "Qui non c’è nulla di nome {names}", "Não há nada chamado {names} aqui";
    page_did_not_load = "This page did not load", "Esta página no se ha cargado", "Questa pagina non è stata caricata", "Esta página não foi carregada";
    shown_to_signed_in = "These pages are shown to who signs in.", "Estas páginas se muestran a quien inicia sesión.", "Queste pagine sono mostrate a chi accede.", "Estas páginas são mostradas a quem entra.";
    demo_on_loopback = "The demo opens without signing in only while it listens on this machine alone, as on 127.0.0.1:8088.", "La demo se abre sin iniciar sesión solo mientras escucha únicamente en esta máquina, como en 127.0.0.1:8088.", "La demo si apre senza accesso solo finché ascolta unicamente su questa macchina, come su 127.0.0.1:8088.", "A demo abre sem login somente enquanto escuta apenas nesta máquina, como em 127.0.0.1:8088.";
    demo_at_host = "The demo opens without signing in only at 127.0.0.1, [::1] or localhost.", "La demo se abre sin iniciar sesión solo en 127.0.0.1, [::1] o localhost.", "La demo si apre senza accesso solo su 127.0.0.1, [::1] o localhost.", "A demo abre sem login somente em 127.0.0.1, [::1] ou localhost.";
    demo_from_own_pages = "The demo opens without signing in only for its own pages.", "La demo se abre sin iniciar sesión solo para sus propias páginas.", "La demo si apre senza accesso solo per le proprie pagine.", "A demo abre sem login somente para as próprias páginas.";
    demo_through_proxy = "The demo does not open without signing in through a proxy.", "La demo no se abre sin iniciar sesión a través de un proxy.", "La demo non si apre senza accesso tramite un proxy.", "A demo não abre sem login através de um proxy.";
}
