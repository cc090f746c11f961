//! What stands around all pages.

use super::Words;

chart::words! { Words, SHELL:
    skip = "Skip to the figures", "Ir a las cifras", "Vai ai dati", "Ir para os números";
    pages = "Pages", "Páginas", "Pagine", "Páginas";
    earlier = "Earlier", "Anterior", "Precedente", "Anterior";
    later = "Later", "Siguiente", "Successivo", "Seguinte";
    custom = "Custom", "Personalizado", "Personalizzato", "Personalizado";
    first_day = "First day", "Primer día", "Primo giorno", "Primeiro dia";
    last_day = "Last day", "Último día", "Ultimo giorno", "Último dia";
    show_days = "Show these days", "Mostrar estos días", "Mostra questi giorni", "Mostrar estes dias";
    compared_with(what) = "vs {what}", "vs. {what}", "vs. {what}", "vs. {what}";
    previous_range = "previous range", "periodo anterior", "periodo precedente", "período anterior";
    year_before = "a year before", "un año antes", "un anno prima", "um ano antes";
    nothing = "nothing", "nada", "niente", "nada";
    use_light = "Use the light theme", "Usar el tema claro", "Usa il tema chiaro", "Usar o tema claro";
    use_dark = "Use the dark theme", "Usar el tema oscuro", "Usa il tema scuro", "Usar o tema escuro";
    language = "Language", "Idioma", "Lingua", "Idioma";
    environment_is = "Environment is ", "El entorno es ", "L’ambiente è ", "O ambiente é ";
    week_starts(zone, day) = "{zone}, week starts {day}", "{zone}, semana desde {day}", "{zone}, settimana da {day}", "{zone}, semana a partir de {day}";
    or = " or ", " o ", " o ", " ou ";
    is = "is", "es", "è", "é";
    is_not = "is not", "no es", "non è", "não é";
    contains = "contains", "contiene", "contiene", "contém";
    remove_filter = "Remove the filter", "Quitar el filtro", "Rimuovi il filtro", "Remover o filtro";
    filter = "Filter", "Filtro", "Filtro", "Filtro";
    dimension = "Dimension", "Dimensión", "Dimensione", "Dimensão";
    comparison = "Comparison", "Comparación", "Confronto", "Comparação";
    values_by_commas = "Values, separated by commas", "Valores, separados por comas", "Valori, separati da virgole", "Valores, separados por vírgulas";
    add_filter = "Add the filter", "Añadir el filtro", "Aggiungi il filtro", "Adicionar o filtro";
    complete_to = "Complete to ", "Completo hasta las ", "Completo fino alle ", "Completo até ";
    behind_by(time) = "Behind by {time}.", "Retraso de {time}.", "In ritardo di {time}.", "Atraso de {time}.";
    not_in_figures_yet = "What came since is not in these figures yet.", "Lo que ha llegado desde entonces aún no está en estas cifras.",
        "Ciò che è arrivato da allora non è ancora in questi dati.", "O que chegou desde então ainda não está nestes números.";
    figures_as_of(day, time, zone) = "Figures as of {day}, {time} {zone}.", "Cifras a {day}, {time} {zone}.", "Dati al {day}, {time} {zone}.", "Números de {day}, {time} {zone}.";
    same_figures = "The same figures: ", "Las mismas cifras: ", "Gli stessi dati: ", "Os mesmos números: ";
    the_api = "the API", "la API", "l’API", "a API";
    your_account = "Your account", "Su cuenta", "Il proprio account", "Sua conta";
    sources = "Places: IP Geolocation by DB-IP. Map: Natural Earth.", "Lugares: IP Geolocation by DB-IP. Mapa: Natural Earth.",
        "Luoghi: IP Geolocation by DB-IP. Mappa: Natural Earth.", "Lugares: IP Geolocation by DB-IP. Mapa: Natural Earth.";

    today = "Today", "Hoy", "Oggi", "Hoje";
    yesterday = "Yesterday", "Ayer", "Ieri", "Ontem";
    last_days(n) = "Last {n} day" | "Last {n} days", "Último {n} día" | "Últimos {n} días", "Ultimo {n} giorno" | "Ultimi {n} giorni", "Último {n} dia" | "Últimos {n} dias";
    this_week = "This week", "Esta semana", "Questa settimana", "Esta semana";
    last_week = "Last week", "Semana pasada", "Settimana scorsa", "Semana passada";
    this_month = "This month", "Este mes", "Questo mese", "Este mês";
    last_month = "Last month", "Mes pasado", "Mese scorso", "Mês passado";
    this_quarter = "This quarter", "Este trimestre", "Questo trimestre", "Este trimestre";
    last_quarter = "Last quarter", "Trimestre pasado", "Trimestre scorso", "Trimestre passado";
    this_year = "This year", "Este año", "Quest’anno", "Este ano";
    last_12_months = "Last 12 months", "Últimos 12 meses", "Ultimi 12 mesi", "Últimos 12 meses";

    came_twice(name) = "{name} came twice; the first one counts.", "{name} viene dos veces; cuenta la primera.", "{name} compare due volte; vale la prima.", "{name} veio duas vezes; vale a primeira.";
    first_filters_alone(count) = "Only the first {count} filters are used.", "Solo se usan los primeros {count} filtros.", "Si usano solo i primi {count} filtri.", "Somente os primeiros {count} filtros são usados.";
    no_range(text) = "“{text}” is no range; the last 28 days are shown.", "“{text}” no es un periodo; se muestran los últimos 28 días.", "“{text}” non è un periodo; si mostrano gli ultimi 28 giorni.", "“{text}” não é um período; são mostrados os últimos 28 dias.";
    no_zone(text) = "“{text}” is no time zone; the project’s is used.", "“{text}” no es una zona horaria; se usa la del proyecto.", "“{text}” non è un fuso orario; si usa quello del progetto.", "“{text}” não é um fuso horário; é usado o do projeto.";
    no_comparison(text) = "“{text}” is no comparison; the previous range is used.", "“{text}” no es una comparación; se usa el periodo anterior.", "“{text}” non è un confronto; si usa il periodo precedente.", "“{text}” não é uma comparação; é usado o período anterior.";
    no_grain(text) = "“{text}” is no size of buckets; it is chosen by the range.", "“{text}” no es un tamaño de tramo; se elige según el periodo.", "“{text}” non è un’ampiezza valida; si sceglie in base al periodo.", "“{text}” não é um tamanho de intervalo; ele é escolhido pelo período.";
    no_filter(text) = "“{text}” is no filter, and is left out.", "“{text}” no es un filtro y se descarta.", "“{text}” non è un filtro ed è ignorato.", "“{text}” não é um filtro e foi descartado.";
    no_environment(text) = "“{text}” is no environment; production is shown.", "“{text}” no es un entorno; se muestra production.", "“{text}” non è un ambiente; si mostra production.", "“{text}” não é um ambiente; é mostrado production.";
    no_way(text) = "“{text}” is no way to show a panel; charts are shown.", "“{text}” no es una forma de mostrar un panel; se muestran gráficos.", "“{text}” non è un modo di mostrare un pannello; si mostrano i grafici.", "“{text}” não é uma forma de mostrar um painel; são mostrados gráficos.";
    no_panel(text) = "“{text}” is no panel.", "“{text}” no es un panel.", "“{text}” non è un pannello.", "“{text}” não é um painel.";
}
