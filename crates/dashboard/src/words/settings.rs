//! The settings page.

use super::Words;

chart::words! { Words, SETTINGS:
    owners_alone = "Only owners of this project see its settings", "Solo los propietarios de este proyecto ven su configuración", "Solo i proprietari di questo progetto vedono le sue impostazioni", "Somente os proprietários deste projeto veem suas configurações";
    who_may_change = "Settings, keys and members are changed by members of role owner, by administrators, and with a key of role admin. Ask one of them.", "La configuración, las claves y los miembros los cambian los miembros con rol de propietario, los administradores y quien tenga una clave con rol admin. Pídaselo a uno de ellos.", "Impostazioni, chiavi e membri sono modificati da membri con ruolo di proprietario, da amministratori e con una chiave di ruolo admin. Rivolgersi a uno di loro.", "Configurações, chaves e membros são alterados por membros com papel de proprietário, por administradores e com uma chave de papel admin. Peça a um deles.";
    new_key = "The new key", "La clave nueva", "La nuova chiave", "A nova chave";
    invitation_link = "The link of the invitation, to be handed on", "El enlace de la invitación, para entregarlo", "Il link dell’invito, da consegnare", "O link do convite, para entregar";
    shown_once(what) = "{what}, shown this once: ", "{what}, se muestra solo esta vez: ", "{what}, mostrato solo questa volta: ", "{what}, mostrado só desta vez: ";
    project_decides = "What this project decides about its figures", "Lo que este proyecto decide sobre sus cifras", "Che cosa decide questo progetto sui suoi dati", "O que este projeto decide sobre seus números";
    past_too = "A change applies to the past, too. An empty field is the default.", "Un cambio se aplica también al pasado. Un campo vacío es el valor predeterminado.", "Una modifica vale anche per il passato. Un campo vuoto è il valore predefinito.", "Uma alteração vale também para o passado. Um campo vazio é o padrão.";
    save = "Save", "Guardar", "Salva", "Salvar";
    keys = "Keys", "Claves", "Chiavi", "Chaves";
    members = "Members", "Miembros", "Membri", "Membros";
    id = "Id", "Identificador", "Identificativo", "Identificador";
    role = "Role", "Rol", "Ruolo", "Papel";
    environment = "Environment", "Entorno", "Ambiente", "Ambiente";
    origins = "Origins", "Orígenes", "Origini", "Origens";
    revoke = "Revoke", "Revocar", "Revoca", "Revogar";
    bot_of_key = "Bot, if it is one bot’s key", "Bot, si es la clave de un solo bot", "Bot, se è la chiave di un solo bot", "Bot, se for a chave de um único bot";
    origins_of_key = "Origins of the pages that may send with it, separated by spaces; for role browser", "Orígenes de las páginas que pueden enviar con ella, separados por espacios; para el rol browser", "Origini delle pagine che possono inviare con essa, separate da spazi; per il ruolo browser", "Origens das páginas que podem enviar com ela, separadas por espaços; para o papel browser";
    create_key = "Create a key", "Crear una clave", "Crea una chiave", "Criar uma chave";
    role_of(email) = "Role of {email}", "Rol de {email}", "Ruolo di {email}", "Papel de {email}";
    change_role = "Change", "Cambiar", "Cambia", "Alterar";
    remove = "Remove", "Quitar", "Rimuovi", "Remover";
    invited_tag = "invited", "con invitación", "con invito", "com convite";
    withdraw = "Withdraw", "Retirar", "Ritira", "Retirar";
    invite = "Invite", "Invitar", "Invita", "Convidar";
    roles_note = "Owners change settings, keys and members. Analysts read everything. Agents read everything but the figures of single agents. Clients read figures, no conversations and no traits of users. Administrators own every project and are not listed.", "Los propietarios cambian la configuración, las claves y los miembros. Los analistas leen todo. Los agentes leen todo menos las cifras de cada agente. Los clientes leen cifras, pero ninguna conversación ni rasgos de los usuarios. Los administradores son propietarios de todos los proyectos y no figuran en la lista.", "I proprietari modificano impostazioni, chiavi e membri. Gli analisti leggono tutto. Gli operatori leggono tutto tranne i dati dei singoli operatori. I clienti leggono i dati, ma nessuna conversazione e nessun attributo degli utenti. Gli amministratori possiedono ogni progetto e non sono elencati.", "Os proprietários alteram configurações, chaves e membros. Os analistas leem tudo. Os atendentes leem tudo, menos os números de cada atendente. Os clientes leem números, mas nenhuma conversa nem atributos dos usuários. Os administradores são proprietários de todos os projetos e não são listados.";
    flag_yes = "yes", "sí", "sì", "sim";
    flag_no = "no", "no", "no", "não";
    by_browser = "as the browser asks", "según el navegador", "secondo il browser", "conforme o navegador";
    is_whole_number(field) = "{field} is a whole number", "{field} es un número entero", "{field} è un numero intero", "{field} é um número inteiro";
    is_number(field) = "{field} is a number, as 0.5", "{field} es un número, como 0.5", "{field} è un numero, come 0.5", "{field} é um número, como 0.5";
    is_no_json(field) = "{field} cannot be read as JSON", "{field} no se puede leer como JSON", "{field} non si può leggere come JSON", "{field} não pode ser lido como JSON";
}

chart::names! { Words, field_says, FIELDS:
    "identity" = "Who is one person: by user id after merges, else anonymous id; or by device and browser", "Quién es una persona: por id de usuario tras las fusiones o, si no, por id anónimo; o por dispositivo y navegador", "Chi è una persona: per id utente dopo le unioni, altrimenti per id anonimo; oppure per dispositivo e browser", "Quem é uma pessoa: pelo id de usuário após as fusões, senão pelo id anônimo; ou por dispositivo e navegador";
    "language" = "The language of the pages, where a person has chosen none", "El idioma de las páginas, si la persona no ha elegido ninguno", "La lingua delle pagine, se la persona non ne ha scelta una", "O idioma das páginas, quando a pessoa não escolheu nenhum";
    "week_start" = "The day that weeks begin with, from 1 (Monday) to 7 (Sunday)", "El día en que empiezan las semanas, de 1 (lunes) a 7 (domingo)", "Il giorno con cui inizia la settimana, da 1 (lunedì) a 7 (domenica)", "O dia em que as semanas começam, de 1 (segunda) a 7 (domingo)";
    "source_aliases" = "Other names of channels and sources, as {\"widget\": \"web\"}", "Otros nombres de canales y fuentes, como {\"widget\": \"web\"}", "Altri nomi di canali e fonti, come {\"widget\": \"web\"}", "Outros nomes de canais e fontes, como {\"widget\": \"web\"}";
    "agent_roles" = "Other names of the roles of human agents, as {\"helpdesk\": \"support\"}", "Otros nombres de las funciones de los agentes, como {\"helpdesk\": \"support\"}", "Altri nomi dei ruoli degli operatori, come {\"helpdesk\": \"support\"}", "Outros nomes das funções dos atendentes, como {\"helpdesk\": \"support\"}";
    "escalation_tools" = "Tools whose call is an escalation, as [{\"from\": \"2026-03-01T00:00:00Z\", \"tools\": [\"call_ana\"]}]", "Herramientas cuya llamada es un escalado, como [{\"from\": \"2026-03-01T00:00:00Z\", \"tools\": [\"call_ana\"]}]", "Strumenti la cui chiamata è un’escalation, come [{\"from\": \"2026-03-01T00:00:00Z\", \"tools\": [\"call_ana\"]}]", "Ferramentas cuja chamada é um escalonamento, como [{\"from\": \"2026-03-01T00:00:00Z\", \"tools\": [\"call_ana\"]}]";
    "bot_no_reply_after_s" = "A bot’s reply later than this is no reply, seconds", "Una respuesta del bot posterior a esto no cuenta como respuesta, segundos", "Una risposta del bot oltre questo tempo non è una risposta, secondi", "Uma resposta do bot depois disto não é resposta, segundos";
    "currency" = "The currency of prices and costs, three capital letters", "La moneda de precios y costes, tres letras mayúsculas", "La valuta di prezzi e costi, tre lettere maiuscole", "A moeda de preços e custos, três letras maiúsculas";
    "prices" = "Prices of language models for a million tokens, as [{\"model\": \"large\", \"input\": 2.5, \"output\": 10}]", "Precios de los modelos de lenguaje por millón de tokens, como [{\"model\": \"large\", \"input\": 2.5, \"output\": 10}]", "Prezzi dei modelli linguistici per un milione di token, come [{\"model\": \"large\", \"input\": 2.5, \"output\": 10}]", "Preços dos modelos de linguagem por milhão de tokens, como [{\"model\": \"large\", \"input\": 2.5, \"output\": 10}]";
    "service_level_s" = "A leg accepted within it counts for the service level, seconds", "Una asignación aceptada en ese tiempo cuenta para el nivel de servicio, segundos", "Un’assegnazione accettata entro questo tempo conta per il livello di servizio, secondi", "Uma atribuição aceita neste tempo conta para o nível de serviço, segundos";
    "sla_first_response_s" = "Target of the first reply in a leg, seconds", "Objetivo de la primera respuesta en una asignación, segundos", "Obiettivo della prima risposta in un’assegnazione, secondi", "Meta da primeira resposta em uma atribuição, segundos";
    "sla_next_response_s" = "Target of each next reply in a leg, seconds", "Objetivo de cada respuesta siguiente en una asignación, segundos", "Obiettivo di ogni risposta successiva in un’assegnazione, secondi", "Meta de cada resposta seguinte em uma atribuição, segundos";
    "sla_resolution_s" = "Target from a leg’s opening to its end, seconds", "Objetivo desde la apertura de una asignación hasta su fin, segundos", "Obiettivo dall’apertura di un’assegnazione alla sua fine, secondi", "Meta da abertura de uma atribuição até o fim, segundos";
    "business_hours" = "When business is open, as {\"timezone\": \"Europe/Madrid\", \"week\": [{\"days\": [1, 2, 3, 4, 5], \"from\": \"09:00\", \"to\": \"17:30\"}], \"holidays\": [\"2026-12-25\"]}", "Horario de atención, como {\"timezone\": \"Europe/Madrid\", \"week\": [{\"days\": [1, 2, 3, 4, 5], \"from\": \"09:00\", \"to\": \"17:30\"}], \"holidays\": [\"2026-12-25\"]}", "Orario di apertura, come {\"timezone\": \"Europe/Madrid\", \"week\": [{\"days\": [1, 2, 3, 4, 5], \"from\": \"09:00\", \"to\": \"17:30\"}], \"holidays\": [\"2026-12-25\"]}", "Horário de atendimento, como {\"timezone\": \"Europe/Madrid\", \"week\": [{\"days\": [1, 2, 3, 4, 5], \"from\": \"09:00\", \"to\": \"17:30\"}], \"holidays\": [\"2026-12-25\"]}";
    "internal_users" = "User ids of the project’s own people, who are in no figure, as [\"u-1\"]", "Ids de usuario del personal del proyecto, que no está en ninguna cifra, como [\"u-1\"]", "Id utente del personale del progetto, che non è in alcun dato, come [\"u-1\"]", "Ids de usuário do pessoal do projeto, que não está em nenhum número, como [\"u-1\"]";
    "idle_timeouts_s" = "After how many seconds without an event what follows is another chat, by channel, as {\"web\": 3600}; chats are cut anew", "Tras cuántos segundos sin eventos lo que sigue es otro chat, por canal, como {\"web\": 3600}; los chats se dividen de nuevo", "Dopo quanti secondi senza eventi ciò che segue è un’altra chat, per canale, come {\"web\": 3600}; le chat sono suddivise di nuovo", "Após quantos segundos sem eventos o que segue é outro chat, por canal, como {\"web\": 3600}; os chats são divididos de novo";
    "include_action_messages" = "Whether calls of tools count as messages of the bot, as in AgentSight’s own figures", "Si las llamadas a herramientas cuentan como mensajes del bot, como en las cifras del propio AgentSight", "Se le chiamate di strumenti contano come messaggi del bot, come nei dati di AgentSight", "Se as chamadas de ferramentas contam como mensagens do bot, como nos números do próprio AgentSight";
    "single_message_chats" = "Whether chats of a single message count for the duration of conversations", "Si los chats de un solo mensaje cuentan para la duración de las conversaciones", "Se le chat di un solo messaggio contano per la durata delle conversazioni", "Se chats de uma única mensagem contam para a duração das conversas";
    "intent_confidence_min" = "Intents of which their model is less sure are left out, from 0 to 1", "Se excluyen las intenciones de las que su modelo está menos seguro, de 0 a 1", "Si escludono gli intenti di cui il modello è meno sicuro, da 0 a 1", "São excluídas as intenções de que seu modelo tem menos certeza, de 0 a 1";
    "segment_trait" = "The trait of identified users that the dimension segment shows", "El rasgo de los usuarios identificados que muestra la dimensión segmento", "L’attributo degli utenti identificati mostrato dalla dimensione segmento", "O atributo dos usuários identificados que a dimensão segmento mostra";
}

chart::names! { Words, member_role, MEMBER_ROLES:
    "owner" = "owner", "propietario", "proprietario", "proprietário";
    "analyst" = "analyst", "analista", "analista", "analista";
    "agent" = "agent", "agente", "operatore", "atendente";
    "client" = "client", "cliente", "cliente", "cliente";
}

chart::names! { Words, choice, CHOICES:
    "person" = "person", "persona", "persona", "pessoa";
    "device" = "device", "dispositivo", "dispositivo", "dispositivo";
}
