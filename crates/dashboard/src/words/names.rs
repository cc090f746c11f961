//! Names of the data for people: dimensions, their values, units, attributions, subjects.

use super::Words;

chart::names! { Words, dimension_name, DIMENSIONS:
    "role" = "Role", "Rol", "Ruolo", "Papel";
    "content_type" = "Content type", "Tipo de contenido", "Tipo di contenuto", "Tipo de conteúdo";
    "weekday" = "Weekday", "Día de la semana", "Giorno della settimana", "Dia da semana";
    "hour" = "Hour", "Hora", "Ora", "Hora";
    "channel" = "Channel", "Canal", "Canale", "Canal";
    "source" = "Source", "Fuente", "Fonte", "Fonte";
    "device" = "Device", "Dispositivo", "Dispositivo", "Dispositivo";
    "browser" = "Browser", "Navegador", "Browser", "Navegador";
    "os" = "Operating system", "Sistema operativo", "Sistema operativo", "Sistema operacional";
    "language" = "Language", "Idioma", "Lingua", "Idioma";
    "locale" = "Locale", "Idioma y región", "Lingua e regione", "Idioma e região";
    "country" = "Country", "País", "Paese", "País";
    "city" = "City", "Ciudad", "Città", "Cidade";
    "bot" = "Bot", "Bot", "Bot", "Bot";
    "page" = "Page", "Página", "Pagina", "Página";
    "placement" = "Placement", "Ubicación", "Posizione", "Posição";
    "segment" = "Segment", "Segmento", "Segmento", "Segmento";
    "tool" = "Tool", "Herramienta", "Strumento", "Ferramenta";
    "status" = "Status", "Estado", "Stato", "Estado";
    "model" = "Model", "Modelo", "Modello", "Modelo";
    "provider" = "Provider", "Proveedor", "Fornitore", "Provedor";
    "workflow" = "Workflow", "Flujo", "Flusso", "Fluxo";
    "user" = "User", "Usuario", "Utente", "Usuário";
    "intent" = "Intent", "Intención", "Intento", "Intenção";
    "entry" = "Entry", "Entrada", "Ingresso", "Entrada";
    "agent" = "Agent", "Agente", "Operatore", "Atendente";
    "outcome" = "Outcome", "Resultado", "Esito", "Resultado";
    "reason" = "Reason", "Motivo", "Motivo", "Motivo";
    "queue" = "Queue", "Cola", "Coda", "Fila";
    "team" = "Team", "Equipo", "Squadra", "Equipe";
    "agent_role" = "Agent role", "Función del agente", "Ruolo dell’operatore", "Função do atendente";
    "cost_source" = "Cost source", "Origen del coste", "Origine del costo", "Origem do custo";
    "trait:*" = "Traits of users", "Rasgos de los usuarios", "Attributi degli utenti", "Atributos dos usuários";
    "origin" = "Origin", "Origen", "Origine", "Origem";
    "trigger" = "Trigger", "Causa", "Causa", "Causa";
    "basis" = "Basis", "Base", "Base", "Base";
    "rating" = "Rating", "Valoración", "Valutazione", "Avaliação";
    "score" = "Score", "Puntuación", "Punteggio", "Nota";
    "click_type" = "Click type", "Tipo de clic", "Tipo di clic", "Tipo de clique";
    "title" = "Title", "Título", "Titolo", "Título";
    "destination_type" = "Destination type", "Tipo de destino", "Tipo di destinazione", "Tipo de destino";
    "destination" = "Destination", "Destino", "Destinazione", "Destino";
    "kind" = "Kind", "Tipo", "Tipo", "Tipo";
    "question" = "Question", "Pregunta", "Domanda", "Pergunta";
    "week_offset" = "Week offset", "Semanas transcurridas", "Settimane trascorse", "Semanas decorridas";
}

chart::names! { Words, unit_name, UNITS:
    "assignments" = "assignments", "asignaciones", "assegnazioni", "atribuições";
    "bytes" = "bytes", "bytes", "byte", "bytes";
    "calls" = "calls", "llamadas", "chiamate", "chamadas";
    "cases" = "cases", "casos", "casi", "casos";
    "chats" = "chats", "chats", "chat", "chats";
    "clicks" = "clicks", "clics", "clic", "cliques";
    "closes" = "closes", "cierres", "chiusure", "encerramentos";
    "conversations" = "conversations", "conversaciones", "conversazioni", "conversas";
    "files" = "files", "archivos", "file", "arquivos";
    "messages per minute" = "messages per minute", "mensajes por minuto", "messaggi al minuto", "mensagens por minuto";
    "messages" = "messages", "mensajes", "messaggi", "mensagens";
    "offers" = "offers", "ofertas", "offerte", "ofertas";
    "opportunities" = "opportunities", "oportunidades", "opportunità", "oportunidades";
    "ratings" = "ratings", "valoraciones", "valutazioni", "avaliações";
    "replies" = "replies", "respuestas", "risposte", "respostas";
    "requests" = "requests", "solicitudes", "richieste", "pedidos";
    "tokens" = "tokens", "tokens", "token", "tokens";
    "users" = "users", "usuarios", "utenti", "usuários";
    "views" = "views", "vistas", "visualizzazioni", "visualizações";
    "votes" = "votes", "votos", "voti", "votos";
    "chats per user" = "chats per user", "chats por usuario", "chat per utente", "chats por usuário";
    "messages per conversation" = "messages per conversation", "mensajes por conversación", "messaggi per conversazione", "mensagens por conversa";
    "messages per user" = "messages per user", "mensajes por usuario", "messaggi per utente", "mensagens por usuário";
    "fraction" = "fraction", "fracción", "frazione", "fração";
    "seconds" = "seconds", "segundos", "secondi", "segundos";
    "milliseconds" = "milliseconds", "milisegundos", "millisecondi", "milissegundos";
    "minutes" = "minutes", "minutos", "minuti", "minutos";
    "hours" = "hours", "horas", "ore", "horas";
    "score 1 to 5" = "score 1 to 5", "puntuación de 1 a 5", "punteggio da 1 a 5", "nota de 1 a 5";
    "money" = "money", "dinero", "denaro", "dinheiro";
}

chart::names! { Words, attribution_name, ATTRIBUTIONS:
    "at event" = "at event", "en el evento", "all’evento", "no evento";
    "start" = "start", "al inicio", "all’inizio", "no início";
    "at end" = "at end", "al final", "alla fine", "no fim";
    "at reply" = "at reply", "en la respuesta", "alla risposta", "na resposta";
    "at accept" = "at accept", "en la aceptación", "all’accettazione", "na aceitação";
    "overlap" = "overlap", "por solapamiento", "per sovrapposizione", "por sobreposição";
}

chart::names! { Words, extent_name, EXTENTS:
    "question" = "question", "consulta", "richiesta", "consulta";
    "environment" = "environment", "entorno", "ambiente", "ambiente";
    "project" = "project", "proyecto", "progetto", "projeto";
}

chart::names! { Words, subject_name, SUBJECTS:
    "Messages and conversations" = "Messages and conversations", "Mensajes y conversaciones", "Messaggi e conversazioni", "Mensagens e conversas";
    "Chats and the bot’s answers" = "Chats and the bot’s answers", "Chats y respuestas del bot", "Chat e risposte del bot", "Chats e respostas do bot";
    "People" = "People", "Personas", "Persone", "Pessoas";
    "Hand-over" = "Hand-over", "Traspaso", "Passaggio a operatore", "Transferência";
    "Engagement" = "Engagement", "Interacción", "Coinvolgimento", "Engajamento";
    "Feedback" = "Feedback", "Valoraciones", "Valutazioni", "Avaliações";
    "Workflows, tools and models" = "Workflows, tools and models", "Flujos, herramientas y modelos", "Flussi, strumenti e modelli", "Fluxos, ferramentas e modelos";
    "Contact center" = "Contact center", "Centro de contacto", "Centro contatti", "Central de atendimento";
    "Agents’ answers" = "Agents’ answers", "Respuestas de los agentes", "Risposte degli operatori", "Respostas dos atendentes";
    "Voice" = "Voice", "Voz", "Voce", "Voz";
}

chart::names! { Words, channel_name, CHANNELS:
    "whatsapp" = "WhatsApp", "WhatsApp", "WhatsApp", "WhatsApp";
    "sms" = "SMS", "SMS", "SMS", "SMS";
    "email" = "E-mail", "Correo electrónico", "E-mail", "E-mail";
    "app" = "App", "App", "App", "App";
    "web" = "Web", "Web", "Web", "Web";
    "voice" = "Voice", "Voz", "Voce", "Voz";
    "social" = "Social media", "Redes sociales", "Social", "Redes sociais";
    "telegram" = "Telegram", "Telegram", "Telegram", "Telegram";
    "facebook" = "Facebook", "Facebook", "Facebook", "Facebook";
    "instagram" = "Instagram", "Instagram", "Instagram", "Instagram";
}

chart::names! { Words, language_name, LANGUAGES:
    "en" = "English", "Inglés", "Inglese", "Inglês";
    "es" = "Spanish", "Español", "Spagnolo", "Espanhol";
    "it" = "Italian", "Italiano", "Italiano", "Italiano";
    "pt" = "Portuguese", "Portugués", "Portoghese", "Português";
    "fr" = "French", "Francés", "Francese", "Francês";
    "de" = "German", "Alemán", "Tedesco", "Alemão";
    "ca" = "Catalan", "Catalán", "Catalano", "Catalão";
}

chart::names! { Words, device_name, DEVICES:
    "desktop" = "Desktop", "Ordenador", "Computer", "Computador";
    "mobile" = "Mobile", "Móvil", "Smartphone", "Celular";
    "tablet" = "Tablet", "Tableta", "Tablet", "Tablet";
    "other" = "Other", "Otros", "Altri", "Outros";
}

chart::names! { Words, role_name, ROLES:
    "user" = "User", "Usuario", "Utente", "Usuário";
    "bot" = "Bot", "Bot", "Bot", "Bot";
    "agent" = "Agent", "Agente", "Operatore", "Atendente";
    "system" = "System", "Sistema", "Sistema", "Sistema";
    "tool" = "Tool", "Herramienta", "Strumento", "Ferramenta";
}

chart::names! { Words, status_name, STATUSES:
    "available" = "Available", "Disponible", "Disponibile", "Disponível";
    "busy" = "Busy", "Ocupado", "Occupato", "Ocupado";
    "away" = "Away", "Ausente", "Assente", "Ausente";
    "offline" = "Offline", "Desconectado", "Disconnesso", "Desconectado";
    "after_work" = "After work", "Trabajo posterior", "Lavoro a seguire", "Pós-atendimento";
    "break" = "Break", "Pausa", "Pausa", "Pausa";
}

chart::names! { Words, value_name, VALUES:
    "handled" = "handled", "atendida", "gestita", "atendida";
    "missed" = "missed", "perdida", "persa", "perdida";
    "rerouted" = "rerouted", "redirigida", "reindirizzata", "redirecionada";
    "pending" = "pending", "pendiente", "pendente", "pendente";
    "positive" = "positive", "positiva", "positiva", "positiva";
    "neutral" = "neutral", "neutra", "neutra", "neutra";
    "negative" = "negative", "negativa", "negativa", "negativa";
    "direct" = "direct", "directa", "diretta", "direto";
    "after_fallback" = "after fallback", "tras un fallback", "dopo un fallback", "após um fallback";
    "operator_button" = "operator button", "botón de agente", "pulsante operatore", "botão de atendente";
    "rule" = "rule", "regla", "regola", "regra";
    "sentiment" = "sentiment", "sentimiento", "sentiment", "sentimento";
    "agent_takeover" = "agent takeover", "un agente toma la conversación", "presa in carico dall’operatore", "atendente assume a conversa";
    "ticket" = "ticket", "tique", "ticket", "ticket";
    "timeout" = "timeout", "tiempo agotado", "tempo scaduto", "tempo esgotado";
    "abandoned" = "abandoned", "abandonada", "abbandonata", "abandonada";
    "abandoned_by_user" = "abandoned by user", "abandonada por el usuario", "abbandonata dall’utente", "abandonada pelo usuário";
    "user_abandoned" = "user abandoned", "el usuario abandonó", "utente ha abbandonato", "usuário abandonou";
    "no_agent" = "no agent", "sin agente", "nessun operatore", "sem atendente";
    "no_agents_available" = "no agents available", "sin agentes disponibles", "nessun operatore disponibile", "sem atendentes disponíveis";
    "out_of_hours" = "out of hours", "fuera de horario", "fuori orario", "fora do horário";
    "resolved" = "resolved", "resuelta", "risolta", "resolvida";
    "unresolved" = "unresolved", "sin resolver", "non risolta", "não resolvida";
    "inactivity" = "inactivity", "inactividad", "inattività", "inatividade";
    "spam" = "spam", "spam", "spam", "spam";
    "duplicate" = "duplicate", "duplicada", "duplicata", "duplicada";
    "transferred" = "transferred", "transferida", "trasferita", "transferida";
    "quick_reply" = "quick reply", "respuesta rápida", "risposta rapida", "resposta rápida";
    "link" = "link", "enlace", "link", "link";
    "phone" = "phone", "teléfono", "telefono", "telefone";
    "carousel" = "carousel", "carrusel", "carosello", "carrossel";
    "other" = "other", "otros", "altri", "outros";
    "initiated" = "initiated", "inicial", "iniziale", "inicial";
    "transfer" = "transfer", "transferencia", "trasferimento", "transferência";
    "reopen" = "reopen", "reapertura", "riapertura", "reabertura";
    "callback" = "callback", "devolución de llamada", "richiamata", "retorno de chamada";
    "given" = "given", "indicada", "indicata", "informada";
    "support" = "support", "soporte", "assistenza", "suporte";
    "admin" = "admin", "administración", "amministrazione", "administração";
    "tech" = "tech", "técnico", "tecnico", "técnico";
    "reported" = "reported", "indicado por la llamada", "indicato dalla chiamata", "informado pela chamada";
    "priced" = "priced", "calculado con precios", "calcolato con i prezzi", "calculado com preços";
    "unpriced" = "unpriced", "sin precio", "senza prezzo", "sem preço";
    "inferred" = "inferred", "deducida", "dedotta", "deduzida";
}

impl Words {
    /// A dimension's name; of one that is not known, what its name in the API says.
    pub(crate) fn dimension_of(self, name: &str) -> String {
        self.dimension_name(name).map_or_else(|| capitalised(&name.replace('_', " ")), str::to_owned)
    }

    /// A unit's name.
    pub(crate) fn unit_of(self, name: &'static str) -> &'static str {
        self.unit_name(name).unwrap_or(name)
    }

    /// The name of a dimension's value for people.
    pub(crate) fn named(self, dimension: &str, value: &str) -> String {
        let unknown = || if dimension == "reason" { self.unspecified() } else { self.unknown() };
        let or_itself = |known: Option<&str>| known.unwrap_or(value).to_owned();
        match dimension {
            _ if matches!(value, "unknown" | "unspecified" | "") => unknown().to_owned(),
            _ if value == "Other" => self.other().to_owned(),
            "country" => or_itself(chart::territory(value).map(|found| found.name(self.0))),
            "channel" | "source" | "entry" => or_itself(self.channel_name(value)),
            "language" => or_itself(self.language_name(value)),
            "hour" => format!("{value:0>2}:00"),
            "device" => or_itself(self.device_name(value)),
            "role" => or_itself(self.role_name(value)),
            "agent_role" => or_itself(self.value_name(value)),
            "weekday" => or_itself(weekday(value).map(|day| self.0.weekday(day))),
            "reason" | "trigger" | "outcome" | "rating" | "click_type" | "origin" | "basis" | "cost_source" => {
                self.value_name(value).map_or_else(|| value.replace('_', " "), str::to_owned)
            }
            _ => value.to_owned(),
        }
    }
}

/// The day of a number from 1 for Monday.
fn weekday(number: &str) -> Option<chrono::Weekday> {
    chrono::Weekday::try_from(number.parse::<u8>().ok()?.checked_sub(1)?).ok()
}

/// A text with its first letter a capital.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
