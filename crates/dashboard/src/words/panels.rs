//! What panels say beside their titles: states, tables, notes, summaries for who does not see the drawing.

use super::Words;

chart::words! { Words, PANELS:
    not_compared = "not compared", "sin comparar", "senza confronto", "sem comparação";
    from_before(value) = " from {value}", " antes {value}", " prima {value}", " antes {value}";
    none_before = " none before", " sin dato anterior", " nessun dato prima", " sem dado anterior";
    of_whole(whole) = "of {whole}", "de {whole}", "su {whole}", "de {whole}";
    no_change = "= no change", "= sin cambios", "= invariato", "= sem mudança";
    new = "new", "nuevo", "nuovo", "novo";
    points(number) = "{number}\u{a0}pts", "{number}\u{a0}pp", "{number}\u{a0}pp", "{number}\u{a0}pp";
    better = " better", " mejor", " meglio", " melhor";
    worse = " worse", " peor", " peggio", " pior";
    up = "up ", "sube ", "in aumento ", "sobe ";
    down = "down ", "baja ", "in calo ", "cai ";

    nothing_compared = "Nothing is compared. Choose a comparison beside the range.", "No se compara nada. Elija una comparación junto al periodo.", "Nessun confronto. Sceglierne uno accanto al periodo.", "Nada é comparado. Escolha uma comparação ao lado do período.";
    no_shift = "No figure differs from the comparison by more than its days differ among themselves.", "Ninguna cifra difiere de la comparación más de lo que sus días difieren entre sí.", "Nessun dato si scosta dal confronto più di quanto i suoi giorni differiscano tra loro.", "Nenhum número difere da comparação mais do que seus dias diferem entre si.";
    shift_note = "Chosen by size against the noise of days. Where it is largest is no cause.", "Elegidos por su tamaño frente al ruido diario. Dónde es mayor no indica la causa.", "Scelti per ampiezza rispetto al rumore giornaliero. Dove è maggiore non è una causa.", "Escolhidas pelo tamanho em relação ao ruído diário. Onde é maior não indica a causa.";
    rose(metric) = "{metric} rose.", "{metric}: sube.", "{metric}: in aumento.", "{metric}: aumento.";
    fell(metric) = "{metric} fell.", "{metric}: baja.", "{metric}: in calo.", "{metric}: queda.";
    rose_by(metric, size) = "{metric} rose by {size}.", "{metric}: sube {size}.", "{metric}: in aumento di {size}.", "{metric}: aumento de {size}.";
    fell_by(metric, size) = "{metric} fell by {size}.", "{metric}: baja {size}.", "{metric}: in calo di {size}.", "{metric}: queda de {size}.";
    from_to(before, now) = "From {before} to {now}.", "De {before} a {now}.", "Da {before} a {now}.", "De {before} para {now}.";
    see_behind = "See what is behind it", "Ver qué hay detrás", "Vedi che cosa c’è dietro", "Ver o que há por trás";
    share_of_difference(name, part, all, share) = "{name} has {part} of the difference of {all} ({share}).", "{name} supone {part} de la diferencia de {all} ({share}).", "{name}: {part} della differenza di {all} ({share}).", "{name}: {part} da diferença de {all} ({share}).";
    most_in(name, before, now) = "Most in {name}: from {before} to {now}.", "Sobre todo en {name}: de {before} a {now}.", "Soprattutto in {name}: da {before} a {now}.", "Sobretudo em {name}: de {before} para {now}.";

    dashed(what) = "Dashed: {what}.", "Discontinuo: {what}.", "Tratteggiato: {what}.", "Tracejado: {what}.";
    comparison_stops = "The comparison stops at the same hour.", "La comparación termina a la misma hora.", "Il confronto si ferma alla stessa ora.", "A comparação termina na mesma hora.";
    hatched = "Hatched: what began then can still change.", "Rayado: lo que empezó entonces aún puede cambiar.", "A righe: ciò che è iniziato allora può ancora cambiare.", "Hachurado: o que começou então ainda pode mudar.";
    today_to(time) = "today to {time}", "hoy hasta las {time}", "oggi fino alle {time}", "hoje até {time}";
    up_to(time) = "to {time}", "hasta las {time}", "fino alle {time}", "até {time}";
    not_yet = "not yet", "todavía no", "non ancora", "ainda não";
    by_time(what) = "By time. {what}.", "Por tiempo. {what}.", "Nel tempo. {what}.", "Ao longo do tempo. {what}.";
    metric_by_time(metric) = "{metric} by time.", "{metric} por tiempo.", "{metric} nel tempo.", "{metric} ao longo do tempo.";
    metric_by_time_is(metric, value) = "{metric} by time: {value}.", "{metric} por tiempo: {value}.", "{metric} nel tempo: {value}.", "{metric} ao longo do tempo: {value}.";
    before_end = "before", "antes", "prima", "antes";
    before = "Before", "Antes", "Prima", "Antes";
    this_range = "This range", "Este periodo", "Questo periodo", "Este período";
    time = "Time", "Tiempo", "Tempo", "Tempo";
    range = "Range", "Periodo", "Periodo", "Período";
    can_still_change = "can still change", "aún puede cambiar", "può ancora cambiare", "ainda pode mudar";
    not_over = "not over", "sin terminar", "non concluso", "não terminado";

    map_of(n) = "A map of {n} country; the table below has the figures." | "A map of {n} countries; the table below has the figures.", "Mapa de {n} país; las cifras están en la tabla de debajo." | "Mapa de {n} países; las cifras están en la tabla de debajo.", "Mappa di {n} paese; i dati sono nella tabella sottostante." | "Mappa di {n} paesi; i dati sono nella tabella sottostante.", "Mapa de {n} país; os números estão na tabela abaixo." | "Mapa de {n} países; os números estão na tabela abaixo.";
    rows_sum_to(sum, total, twice) = "Rows sum to {sum}, not {total}: {twice} were counted in more than one country.", "Las filas suman {sum}, no {total}: {twice} se contaron en más de un país.", "Le righe sommano a {sum}, non a {total}: {twice} contati in più di un paese.", "As linhas somam {sum}, não {total}: {twice} foram contados em mais de um país.";
    share = "Share", "Proporción", "Quota", "Parcela";
    change = "Change", "Variación", "Variazione", "Variação";
    others(count) = "Other ({count})", "Otros ({count})", "Altri ({count})", "Outros ({count})";
    keep_to(name) = "Keep the page to {name}", "Limitar la página a {name}", "Limita la pagina a {name}", "Limitar a página a {name}";
    unknown = "Unknown", "Desconocido", "Sconosciuto", "Desconhecido";
    unspecified = "Unspecified", "Sin especificar", "Non specificato", "Não especificado";
    other = "Other", "Otros", "Altri", "Outros";
    step = "Step", "Paso", "Passo", "Etapa";
    count_head = "Count", "Cantidad", "Quantità", "Quantidade";
    cells_sum_to(sum) = "Cells sum to {sum}.", "Las celdas suman {sum}.", "Le celle sommano a {sum}.", "As células somam {sum}.";
    peak_minute = "Peak minute", "Minuto pico", "Minuto di picco", "Minuto de pico";
    busiest_day = "Busiest day", "Día con más actividad", "Giorno più intenso", "Dia mais movimentado";
    n_messages(number) = "{number} messages", "{number} mensajes", "{number} messaggi", "{number} mensagens";

    too_large = "This question is too large for a panel", "Esta consulta es demasiado grande para un panel", "Questa richiesta è troppo grande per un pannello", "Esta consulta é grande demais para um painel";
    narrow = "Narrow the range, or choose larger buckets.", "Reduzca el periodo o elija tramos mayores.", "Restringere il periodo o scegliere intervalli più ampi.", "Reduza o período ou escolha intervalos maiores.";
    show_last_7_days = "Show the last 7 days", "Mostrar los últimos 7 días", "Mostra gli ultimi 7 giorni", "Mostrar os últimos 7 dias";
    did_not_load = "This panel did not load", "Este panel no se ha cargado", "Questo pannello non è stato caricato", "Este painel não foi carregado";
    others_not_affected = "Other panels are not affected.", "Los demás paneles no se ven afectados.", "Gli altri pannelli non ne risentono.", "Os outros painéis não são afetados.";
    error_id = " Error ", " Error ", " Errore ", " Erro ";
    try_again = "Try again", "Reintentar", "Riprova", "Tentar novamente";
    nothing_matches_filter = "Nothing matches the filter", "Nada coincide con el filtro", "Nulla corrisponde al filtro", "Nada corresponde ao filtro";
    nothing_matches_filters = "Nothing matches all filters", "Nada coincide con todos los filtros", "Nulla corrisponde a tutti i filtri", "Nada corresponde a todos os filtros";
    without_filters = "Without them there may be.", "Sin filtros puede que haya datos.", "Senza filtri potrebbero esserci dati.", "Sem filtros pode haver dados.";
    clear_filters = "Clear all filters", "Quitar todos los filtros", "Rimuovi tutti i filtri", "Limpar todos os filtros";
    last_was_in(month) = "The last was in {month}.", "El último dato es de {month}.", "L’ultimo dato è di {month}.", "O último dado é de {month}.";
    show(what) = "Show {what}", "Mostrar {what}", "Mostra {what}", "Mostrar {what}";
    nothing_in_range = "Nothing in this range", "Nada en este periodo", "Nulla in questo periodo", "Nada neste período";
    no_event_yet(event) = "No {event} event yet", "Aún no hay eventos {event}", "Ancora nessun evento {event}", "Ainda não há eventos {event}";
    how_to_send(metric, guide, schema) = "{metric} counts these. Send one to see this panel; {guide} and {schema} say what it holds.", "{metric} los cuenta. Envíe uno para ver este panel; {guide} y {schema} explican su contenido.", "{metric} li conta. Inviarne uno per vedere questo pannello; {guide} e {schema} ne spiegano il contenuto.", "{metric} os conta. Envie um para ver este painel; {guide} e {schema} explicam o conteúdo.";

    not_kept(metrics) = "Not kept to every filter, because it does not have the dimension: {metrics}.", "No se limita a todos los filtros, porque no tiene la dimensión: {metrics}.", "Non rispetta tutti i filtri, perché non ha la dimensione: {metrics}.", "Não segue todos os filtros, porque não tem a dimensão: {metrics}.";
    show_chart = "Show the chart", "Mostrar el gráfico", "Mostra il grafico", "Mostrar o gráfico";
    show_table = "Show as a table", "Mostrar como tabla", "Mostra come tabella", "Mostrar como tabela";
    explain = "Explain", "Explicar", "Spiega", "Explicar";
    explain_what(what) = "Explain {what}", "Explicar {what}", "Spiega {what}", "Explicar {what}";
    export = "Export", "Exportar", "Esporta", "Exportar";
    export_what(what) = "Export {what}", "Exportar {what}", "Esporta {what}", "Exportar {what}";
}
