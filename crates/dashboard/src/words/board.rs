//! The present, the health of the figures, the explorer and the dictionary.

use super::Words;

chart::words! { Words, LIVE:
    as_of(time) = "As of {time}", "A las {time}", "Alle {time}", "Às {time}";
    refresh = "Refresh", "Actualizar", "Aggiorna", "Atualizar";
    wallboard = "Wallboard", "Panel mural", "Schermo a parete", "Painel de parede";
    leave_wallboard = "Leave the wallboard", "Salir del panel mural", "Esci dallo schermo a parete", "Sair do painel de parede";
    now = "Now", "Ahora", "Adesso", "Agora";
    open_conversations = "Open conversations", "Conversaciones abiertas", "Conversazioni aperte", "Conversas abertas";
    used_in_7_days = "of those used in the last 7 days", "de las usadas en los últimos 7 días", "di quelle usate negli ultimi 7 giorni", "das usadas nos últimos 7 dias";
    waiting_for_agent = "Waiting for an agent", "A la espera de un agente", "In attesa di un operatore", "À espera de um atendente";
    offered_not_accepted = "offered, not accepted yet", "ofrecidas, aún sin aceptar", "offerte, non ancora accettate", "oferecidas, ainda não aceitas";
    longest_wait = "Longest wait", "Espera más larga", "Attesa più lunga", "Maior espera";
    nobody_waits = "nobody waits", "nadie espera", "nessuno attende", "ninguém espera";
    since_offered = "since it was offered", "desde que se ofreció", "da quando è stata offerta", "desde que foi oferecida";
    agents_logged_in = "Agents logged in", "Agentes conectados", "Operatori connessi", "Atendentes conectados";
    with_sign_of_life = "with a sign of life", "con señal de actividad", "con segnale di attività", "com sinal de atividade";
    messages_a_minute = "Messages a minute", "Mensajes por minuto", "Messaggi al minuto", "Mensagens por minuto";
    last_minutes(count) = "The last {count} minutes, by when they were written", "Los últimos {count} minutos, según cuándo se escribieron", "Gli ultimi {count} minuti, per quando sono stati scritti", "Os últimos {count} minutos, por quando foram escritas";
    in_an_hour = "in an hour", "en una hora", "in un’ora", "em uma hora";
    this_minute_too(count) = ", {count} this minute", ", {count} en este minuto", ", {count} in questo minuto", ", {count} neste minuto";
    by_status = "Logged in, by the status that they told last", "Conectados, por el último estado comunicado", "Connessi, per l’ultimo stato comunicato", "Conectados, pelo último estado informado";
    no_agent = "No agent is logged in", "Ningún agente está conectado", "Nessun operatore è connesso", "Nenhum atendente está conectado";
    agent_is(event) = "An agent is, from {event} on, as long as there is a heartbeat every five minutes.", "Un agente lo está desde {event}, mientras envíe una señal cada cinco minutos.", "Un operatore lo è da {event} in poi, finché invia un segnale ogni cinque minuti.", "Um atendente está desde {event}, enquanto enviar um sinal a cada cinco minutos.";
    not_told = "Not told", "Sin comunicar", "Non comunicato", "Não informado";
    latest_events = "The latest events", "Los últimos eventos", "Gli ultimi eventi", "Os últimos eventos";
    never_what_was_said = "What happened, never what was said, by when it arrived", "Qué ha pasado, nunca qué se ha dicho, según cuándo llegó", "Che cosa è accaduto, mai che cosa si è detto, per ora di arrivo", "O que aconteceu, nunca o que foi dito, por hora de chegada";
    nothing_arrived = "Nothing arrived in the last day", "No ha llegado nada en el último día", "Nulla è arrivato nell’ultimo giorno", "Nada chegou no último dia";
    event_shows_here = "An event shows here a moment after it was sent.", "Un evento aparece aquí un momento después de enviarse.", "Un evento appare qui un attimo dopo l’invio.", "Um evento aparece aqui um momento após o envio.";
    too_many_live = "Too many live pages are open.", "Hay demasiadas páginas en directo abiertas.", "Troppe pagine in diretta sono aperte.", "Há páginas ao vivo demais abertas.";
}

chart::words! { Words, HEALTH:
    how_far = "How far the figures are", "Hasta dónde llegan las cifras", "Fin dove arrivano i dati", "Até onde vão os números";
    behind_in_time = "Behind, in time", "Retraso, en tiempo", "Ritardo, in tempo", "Atraso, em tempo";
    late = "late", "con retraso", "in ritardo", "com atraso";
    up_to_date = "up to date", "al día", "aggiornato", "em dia";
    behind_in_records = "Behind, in records", "Retraso, en registros", "Ritardo, in record", "Atraso, em registros";
    of_the_journal = "of the journal, all projects together", "del diario, todos los proyectos juntos", "del giornale, tutti i progetti insieme", "do diário, todos os projetos juntos";
    arrived_last_hour = "Arrived, last 60 minutes", "Recibidos, últimos 60 minutos", "Arrivati, ultimi 60 minuti", "Recebidos, últimos 60 minutos";
    arrived_late = "Arrived late", "Recibidos tarde", "Arrivati tardi", "Recebidos tarde";
    n_events = "events", "eventos", "eventi", "eventos";
    a_minute(number) = "{number} a minute", "{number} por minuto", "{number} al minuto", "{number} por minuto";
    came_late(share) = "{share} came more than 15 minutes after they happened", "{share} llegó más de 15 minutos después de ocurrir", "{share} è arrivato più di 15 minuti dopo l’accaduto", "{share} chegou mais de 15 minutos depois de ocorrer";
    what_arrives = "What arrives", "Lo que llega", "Che cosa arriva", "O que chega";
    by_minute_of_arrival = "Events of this environment by the minute of their arrival, each once", "Eventos de este entorno por minuto de llegada, cada uno una vez", "Eventi di questo ambiente per minuto di arrivo, ciascuno una volta", "Eventos deste ambiente por minuto de chegada, cada um uma vez";
    events_arrived = "Events arrived", "Eventos recibidos", "Eventi arrivati", "Eventos recebidos";
    without_time = "Without a time", "Sin hora", "Senza ora", "Sem hora";
    without_time_mend = "their arrival is taken for it: send `timestamp`", "se toma la de llegada: envíe `timestamp`", "si usa quella di arrivo: inviare `timestamp`", "é usada a de chegada: envie `timestamp`";
    wrong_clock = "By a clock that is wrong", "Con un reloj erróneo", "Con un orologio errato", "Com um relógio errado";
    wrong_clock_mend = "the time was corrected: set the clock, or send `sent_at` with each batch", "la hora se corrigió: ajuste el reloj o envíe `sent_at` con cada lote", "l’ora è stata corretta: regolare l’orologio o inviare `sent_at` con ogni lotto", "a hora foi corrigida: ajuste o relógio ou envie `sent_at` com cada lote";
    late_by_15 = "More than 15 minutes late", "Con más de 15 minutos de retraso", "Con più di 15 minuti di ritardo", "Com mais de 15 minutos de atraso";
    late_by_15_mend = "imports of the past are among them; they count where they happened", "incluye importaciones del pasado; cuentan donde ocurrieron", "comprende importazioni del passato; contano dove sono accaduti", "inclui importações do passado; contam onde ocorreram";
    this_minute = "this minute", "este minuto", "questo minuto", "este minuto";
    by_minute(title, sum) = "{title}, by minute over an hour: {sum} in all.", "{title}, por minuto durante una hora: {sum} en total.", "{title}, al minuto in un’ora: {sum} in tutto.", "{title}, por minuto em uma hora: {sum} no total.";
    the_parts = "The parts", "Las partes", "Le parti", "As partes";
    everything_is_there = "Everything that this server needs is there.", "Está todo lo que este servidor necesita.", "C’è tutto ciò che serve a questo server.", "Está tudo o que este servidor precisa.";
    something_missing = "Something is missing.", "Falta algo.", "Manca qualcosa.", "Falta algo.";
    conversations_chats_legs = "Conversations, chats, legs", "Conversaciones, chats, asignaciones", "Conversazioni, chat, assegnazioni", "Conversas, chats, atribuições";
    what_was_refused = "What could not be taken", "Lo que no se pudo aceptar", "Che cosa non è stato accettato", "O que não pôde ser aceito";
    refused_scope = "Dead letters of the project that arrived in the range, by reason; each is kept for 30 days", "Eventos rechazados del proyecto llegados en el periodo, por motivo; cada uno se guarda 30 días", "Eventi rifiutati del progetto arrivati nel periodo, per motivo; ciascuno si conserva 30 giorni", "Eventos recusados do projeto que chegaram no período, por motivo; cada um é guardado por 30 dias";
    nothing_refused = "Nothing was refused in this range", "No se rechazó nada en este periodo", "Nulla è stato rifiutato in questo periodo", "Nada foi recusado neste período";
    refused_is_named = "An event that cannot be taken is named in the answer to its batch, and would be counted here.", "Un evento que no se puede aceptar se indica en la respuesta a su lote, y se contaría aquí.", "Un evento che non si può accettare è indicato nella risposta al suo lotto, e sarebbe contato qui.", "Um evento que não pode ser aceito é indicado na resposta ao seu lote, e seria contado aqui.";
    reason = "Reason", "Motivo", "Motivo", "Motivo";
    how_to_mend = "How to mend it", "Cómo corregirlo", "Come correggerlo", "Como corrigir";
    the_latest = "The latest", "El último", "L’ultimo", "O último";
    letters = "Letters", "Eventos", "Eventi", "Eventos";
    send_again(field) = "Send what was mended again with the same {field}: an event that is already in counts once.", "Envíe de nuevo lo corregido con el mismo {field}: un evento que ya está cuenta una vez.", "Inviare di nuovo ciò che è corretto con lo stesso {field}: un evento già presente conta una volta.", "Envie de novo o que foi corrigido com o mesmo {field}: um evento que já está conta uma vez.";
    message_says = "Its message says what is wrong.", "Su mensaje dice qué está mal.", "Il suo messaggio dice che cosa non va.", "Sua mensagem diz o que está errado.";
}

chart::words! { Words, EXPLORE:
    the_question = "The question", "La consulta", "La richiesta", "A consulta";
    metric = "Metric", "Métrica", "Metrica", "Métrica";
    shape = "Shape", "Forma", "Forma", "Forma";
    shape_table = "Table", "Tabla", "Tabella", "Tabela";
    shape_lines = "Lines by time", "Líneas por tiempo", "Linee nel tempo", "Linhas ao longo do tempo";
    shape_bars = "Bars", "Barras", "Barre", "Barras";
    shape_week = "Weekday by hour", "Día de la semana por hora", "Giorno della settimana per ora", "Dia da semana por hora";
    no_such_shape = "There is no such shape; one that fits is used.", "No existe esa forma; se usa una adecuada.", "Questa forma non esiste; se ne usa una adatta.", "Essa forma não existe; é usada uma adequada.";
    hours_do_not_add_up(metric) = "Hours of {metric} do not add up to a day; a table shows them.", "Las horas de {metric} no se suman en un día; se muestran en una tabla.", "Le ore di {metric} non si sommano in un giorno; sono mostrate in tabella.", "As horas de {metric} não se somam em um dia; são mostradas em tabela.";
    buckets_of_time = "Buckets of time", "Tramos de tiempo", "Intervalli di tempo", "Intervalos de tempo";
    by_the_range = "By the range", "Según el periodo", "In base al periodo", "Conforme o período";
    minute_grain = "Minute", "Minuto", "Minuto", "Minuto";
    hour_grain = "Hour", "Hora", "Ora", "Hora";
    day_grain = "Day", "Día", "Giorno", "Dia";
    week_grain = "Week", "Semana", "Settimana", "Semana";
    month_grain = "Month", "Mes", "Mese", "Mês";
    show_answer = "Show", "Mostrar", "Mostra", "Mostrar";
    form_note = "Range, comparison and filters are those of the page. A metric has the dimensions of what it counts: choose it first, then by what.", "El periodo, la comparación y los filtros son los de la página. Una métrica tiene las dimensiones de lo que cuenta: elíjala primero y después por qué dividirla.", "Periodo, confronto e filtri sono quelli della pagina. Una metrica ha le dimensioni di ciò che conta: sceglierla prima, poi come suddividerla.", "O período, a comparação e os filtros são os da página. Uma métrica tem as dimensões do que conta: escolha-a primeiro e depois por que dividi-la.";
    by = "By", "Por", "Per", "Por";
    and_by = "and by", "y por", "e per", "e por";
    over_whole_range(unit) = "{unit}, over the whole range", "{unit}, en todo el periodo", "{unit}, sull’intero periodo", "{unit}, em todo o período";
    not_kept_one(metric) = "Not kept to every filter: {metric} does not have the dimension.", "No se limita a todos los filtros: {metric} no tiene la dimensión.", "Non rispetta tutti i filtri: {metric} non ha la dimensione.", "Não segue todos os filtros: {metric} não tem a dimensão.";
    not_answered = "The API does not answer this question", "La API no responde a esta consulta", "L’API non risponde a questa richiesta", "A API não responde a esta consulta";
    ask_total = "Ask for the total by time", "Pedir el total por tiempo", "Chiedi il totale nel tempo", "Pedir o total ao longo do tempo";
    same_by_api = "The same by the API", "Lo mismo con la API", "Lo stesso con l’API", "O mesmo pela API";
    key_is_yours(key) = "The answer has the same figures. {key} is a key that may read: it is yours to fill in.", "La respuesta tiene las mismas cifras. {key} es una clave con permiso de lectura: complétela usted.", "La risposta ha gli stessi dati. {key} è una chiave con permesso di lettura: va inserita.", "A resposta tem os mesmos números. {key} é uma chave com permissão de leitura: preencha-a.";
    address = "Address", "Dirección", "Indirizzo", "Endereço";
    greatest_lines(shown, cut) = "The {shown} greatest; the table has the other {cut}. Each has a scale of its own.", "Los {shown} mayores; la tabla tiene los otros {cut}. Cada uno tiene su escala.", "I {shown} maggiori; la tabella ha gli altri {cut}. Ciascuno ha la sua scala.", "Os {shown} maiores; a tabela tem os outros {cut}. Cada um tem sua escala.";
    first_rows(shown, all) = "The first {shown} of {all} rows; the file has all.", "Las primeras {shown} de {all} filas; el archivo las tiene todas.", "Le prime {shown} di {all} righe; il file le contiene tutte.", "As primeiras {shown} de {all} linhas; o arquivo tem todas.";
}

chart::words! { Words, DICTIONARY:
    every_metric = "Every metric", "Todas las métricas", "Tutte le metriche", "Todas as métricas";
    metrics_from_here(count) = "{count} metrics; the pages, the API and files all take them from here", "{count} métricas; las páginas, la API y los archivos las toman de aquí", "{count} metriche; le pagine, l’API e i file le prendono da qui", "{count} métricas; as páginas, a API e os arquivos as obtêm daqui";
    what_it_counts = "What it counts", "Qué cuenta", "Che cosa conta", "O que conta";
    unit = "Unit", "Unidad", "Unità", "Unidade";
    class = "Class", "Clase", "Classe", "Classe";
    class_note = "Class A adds up; U counts distinct things and does not; Q is a mean, a quantile or a peak; S depends on the order within a conversation; C is of a cohort, by its start.", "La clase A se suma; U cuenta cosas distintas y no se suma; Q es una media, un cuantil o un pico; S depende del orden dentro de una conversación; C es de una cohorte, por su inicio.", "La classe A si somma; U conta cose distinte e non si somma; Q è una media, un quantile o un picco; S dipende dall’ordine in una conversazione; C è di una coorte, per il suo inizio.", "A classe A se soma; U conta coisas distintas e não se soma; Q é uma média, um quantil ou um pico; S depende da ordem em uma conversa; C é de uma coorte, pelo início.";
}

chart::names! { Words, part_name, PARTS:
    "journal" = "journal", "diario", "giornale", "diário";
    "warehouse" = "warehouse", "almacén de datos", "magazzino dati", "armazém de dados";
    "figures" = "figures", "cifras", "dati", "números";
    "worker" = "worker", "procesador", "elaboratore", "processador";
}

chart::names! { Words, fact_name, FACTS:
    "worker_partitions" = "Partitions", "Particiones", "Partizioni", "Partições";
    "worker_lag_messages" = "Records behind", "Registros de retraso", "Record di ritardo", "Registros de atraso";
    "worker_lag_seconds" = "Seconds behind", "Segundos de retraso", "Secondi di ritardo", "Segundos de atraso";
    "spool_bytes" = "Bytes in the spool", "Bytes en el búfer", "Byte nel buffer", "Bytes no buffer";
    "spool_age_seconds" = "Age of the spool, seconds", "Antigüedad del búfer, segundos", "Età del buffer, secondi", "Idade do buffer, segundos";
}
