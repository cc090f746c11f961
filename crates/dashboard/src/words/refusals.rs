//! What the API and the control log refuse, by their codes.

use api::Told;

use super::Words;

chart::words! { Words, REFUSALS:
    journal_away = "The journal does not answer at present: try again in a moment.", "El diario no responde en este momento: inténtelo de nuevo enseguida.", "Il giornale al momento non risponde: riprovare tra poco.", "O diário não responde no momento: tente de novo em instantes.";
    warehouse_away = "The warehouse does not answer at present.", "El almacén de datos no responde en este momento.", "Il magazzino dati al momento non risponde.", "O armazém de dados não responde no momento.";
    warehouse_refused = "The warehouse refused the question.", "El almacén de datos rechazó la consulta.", "Il magazzino dati ha rifiutato la richiesta.", "O armazém de dados recusou a consulta.";
    overloaded = "Too many questions are being answered: ask again in a moment.", "Se están respondiendo demasiadas consultas: inténtelo de nuevo enseguida.", "Si sta rispondendo a troppe richieste: riprovare tra poco.", "Há consultas demais sendo respondidas: tente de novo em instantes.";
    not_allowed = "Your key or role does not allow this.", "Su clave o su rol no lo permite.", "La chiave o il ruolo non lo permette.", "Sua chave ou seu papel não permite isto.";
    no_metric_of_id = "There is no such metric.", "No existe esa métrica.", "Questa metrica non esiste.", "Essa métrica não existe.";
    no_dimension = "The metric cannot be split by this dimension.", "La métrica no se puede dividir por esta dimensión.", "La metrica non si può suddividere per questa dimensione.", "A métrica não pode ser dividida por esta dimensão.";
    bad_value = "A parameter of the question cannot be used.", "Un parámetro de la consulta no se puede usar.", "Un parametro della richiesta non è utilizzabile.", "Um parâmetro da consulta não pode ser usado.";
    bad_time_range = "The range or the time zone cannot be used.", "El periodo o la zona horaria no se puede usar.", "Il periodo o il fuso orario non è utilizzabile.", "O período ou o fuso horário não pode ser usado.";
    answer_too_large = "The answer would be too large: narrow the range, or use larger buckets or fewer dimensions.", "La respuesta sería demasiado grande: reduzca el periodo o use tramos mayores o menos dimensiones.", "La risposta sarebbe troppo grande: restringere il periodo o usare intervalli più ampi o meno dimensioni.", "A resposta seria grande demais: reduza o período ou use intervalos maiores ou menos dimensões.";
    wrong_password = "E-mail address and password do not belong together here.", "El correo electrónico y la contraseña no se corresponden.", "L’indirizzo e-mail e la password non corrispondono.", "O e-mail e a senha não correspondem.";
    too_many_tries = "Too many passwords were tried for this address: try again in ten minutes.", "Se probaron demasiadas contraseñas para esta dirección: inténtelo de nuevo en diez minutos.", "Troppe password provate per questo indirizzo: riprovare tra dieci minuti.", "Foram tentadas senhas demais para este endereço: tente de novo em dez minutos.";
    busy = "Too many people sign in at this moment: try again in a moment.", "Demasiadas personas inician sesión en este momento: inténtelo de nuevo enseguida.", "Troppe persone accedono in questo momento: riprovare tra poco.", "Pessoas demais estão entrando neste momento: tente de novo em instantes.";
    last_administrator = "This is the last administrator.", "Es el último administrador.", "È l’ultimo amministratore.", "Este é o último administrador.";
    unknown_key = "There is no such key.", "No existe esa clave.", "Questa chiave non esiste.", "Essa chave não existe.";
    unknown_member = "There is no such member here.", "Aquí no hay tal miembro.", "Qui non c’è questo membro.", "Não há esse membro aqui.";
    invalid_member = "The address, the role or the password cannot be taken: a password has 10 to 200 characters, and an invitation is for its own address.", "La dirección, el rol o la contraseña no se puede aceptar: una contraseña tiene de 10 a 200 caracteres, y una invitación vale para su dirección.", "L’indirizzo, il ruolo o la password non è accettabile: una password ha da 10 a 200 caratteri e un invito vale per il proprio indirizzo.", "O endereço, o papel ou a senha não pode ser aceito: uma senha tem de 10 a 200 caracteres, e um convite vale para o próprio endereço.";
    invalid_origin = "An origin cannot be taken: write it as https://shop.example.", "Un origen no se puede aceptar: escríbalo como https://shop.example.", "Un’origine non è accettabile: scriverla come https://shop.example.", "Uma origem não pode ser aceita: escreva-a como https://shop.example.";
    invalid_settings = "This value cannot be taken.", "Este valor no se puede aceptar.", "Questo valore non è accettabile.", "Este valor não pode ser aceito.";
    invalid_name = "A name, a role or an environment cannot be taken.", "Un nombre, un rol o un entorno no se puede aceptar.", "Un nome, un ruolo o un ambiente non è accettabile.", "Um nome, um papel ou um ambiente não pode ser aceito.";
    invalid_brand = "A colour, the logo, the domain or the sender cannot be taken: a colour is written as #rrggbb and has to be read on the grounds of the pages, a logo is a PNG, JPEG or WebP of at most 64 KiB, a domain is written as figures.shop.example.", "Un color, el logotipo, el dominio o el remitente no se puede aceptar: un color se escribe como #rrggbb y debe leerse sobre los fondos de las páginas, un logotipo es un PNG, JPEG o WebP de 64 KiB como máximo, un dominio se escribe como figures.shop.example.", "Un colore, il logo, il dominio o il mittente non è accettabile: un colore si scrive come #rrggbb e deve leggersi sugli sfondi delle pagine, un logo è un PNG, JPEG o WebP di al massimo 64 KiB, un dominio si scrive come figures.shop.example.", "Uma cor, o logotipo, o domínio ou o remetente não pode ser aceito: uma cor se escreve como #rrggbb e deve ser legível sobre os fundos das páginas, um logotipo é um PNG, JPEG ou WebP de no máximo 64 KiB, um domínio se escreve como figures.shop.example.";
    invalid_share = "This share cannot be made: check the page, the title, the range, the filters, the origins and the days, and revoke one if there are very many.", "Esta página no se puede compartir así: revise la página, el título, el periodo, los filtros, los orígenes y los días, y revoque un enlace si ya hay muchísimos.", "Non si può condividere così: verificare pagina, titolo, periodo, filtri, origini e giorni, e revocare una condivisione se sono già moltissime.", "Não é possível compartilhar assim: verifique a página, o título, o período, os filtros, as origens e os dias, e revogue um compartilhamento se já houver muitos.";
    unknown_share = "There is no such share.", "No existe ese enlace compartido.", "Questa condivisione non esiste.", "Esse compartilhamento não existe.";
    refused_for(code) = "The server refused this ({code}).", "El servidor lo rechazó ({code}).", "Il server lo ha rifiutato ({code}).", "O servidor recusou isto ({code}).";
    see(names) = "It is about {names}.", "Se trata de {names}.", "Si tratta di {names}.", "Trata-se de {names}.";
    maybe_meant(names) = "Did you mean {names}?", "¿Quería decir {names}?", "Forse si intendeva {names}?", "Você quis dizer {names}?";
}

impl Words {
    /// A refusal of the API in this language: its own sentence and hint in English, else a sentence by its code with the names that it
    /// names.
    pub(crate) fn told(self, told: &Told) -> String {
        if self.0 == chart::Locale::En {
            let hint = if told.hint.is_empty() { String::new() } else { format!(" {}.", told.hint) };
            return format!("{}.{hint}", told.message);
        }
        let mut says = self.of_code(told.code);
        let named = quoted(&told.message);
        if !named.is_empty() {
            says = format!("{says} {}", self.see(named));
        }
        match told.hint.split_once("did you mean ") {
            Some((_, meant)) => format!("{says} {}", self.maybe_meant(meant)),
            None => says,
        }
    }

    /// The same without the hint.
    pub(crate) fn told_briefly(self, told: &Told) -> String {
        let bare = Told { hint: String::new(), ..told.clone() };
        self.told(&bare)
    }

    /// What is not there, by what the API says of it in English.
    pub(crate) fn missing(self, message: &str) -> String {
        if self.0 == chart::Locale::En { message.to_owned() } else { self.no_such_thing(quoted(message)) }
    }

    /// A sentence for the code of a refusal.
    pub(crate) fn of_code(self, code: &str) -> String {
        let says = match code {
            "wrong_password" => self.wrong_password(),
            "too_many_tries" => self.too_many_tries(),
            "busy" => self.busy(),
            "last_administrator" => self.last_administrator(),
            "unknown_key" => self.unknown_key(),
            "unknown_member" => self.unknown_member(),
            "invalid_member" => self.invalid_member(),
            "invalid_origin" => self.invalid_origin(),
            "invalid_brand" => self.invalid_brand(),
            "invalid_share" => self.invalid_share(),
            "unknown_share" => self.unknown_share(),
            "invalid_settings" => self.invalid_settings(),
            "invalid_name" => self.invalid_name(),
            "unknown_metric" => self.no_metric_of_id(),
            "unknown_dimension" => self.no_dimension(),
            "role_may_not" | "member_may_not" | "other_project" | "key_missing" | "key_invalid" => self.not_allowed(),
            "bad_time" | "bad_range" | "unknown_zone" | "unknown_range" => self.bad_time_range(),
            "too_many_buckets" | "too_many_rows" | "too_many_openings" | "too_many_identities" => {
                self.answer_too_large()
            }
            "overloaded" | "not_yet" => self.overloaded(),
            "refused" => self.warehouse_refused(),
            code if code.starts_with("warehouse") || code == "unavailable" => self.warehouse_away(),
            code if code.starts_with("journal") => self.journal_away(),
            code if code.starts_with("bad_") || code.starts_with("unknown_") || code.ends_with("_parameter") => {
                self.bad_value()
            }
            other => return self.refused_for(other),
        };
        says.to_owned()
    }
}

/// What stands between backticks in a message: the names that it is about.
fn quoted(message: &str) -> String {
    message.split('`').skip(1).step_by(2).collect::<Vec<_>>().join(", ")
}
