//! What the script says: sent with each page, so that the file is one for all languages. What stands between braces the script puts in.

use super::Words;

chart::words! { Words, SCRIPT:
    script_copy = "Copy", "Copiar", "Copia", "Copiar";
    script_copied = "Copied", "Copiado", "Copiato", "Copiado";
    script_live_off = "Live updates are off", "Actualización en directo desactivada", "Aggiornamenti in diretta disattivati", "Atualização ao vivo desativada";
    script_updated = "Updated {seconds} s ago", "Actualizado hace {seconds} s", "Aggiornato {seconds} s fa", "Atualizado há {seconds} s";
    script_reconnecting = "Reconnecting, updated {seconds} s ago", "Reconectando, actualizado hace {seconds} s", "Riconnessione, aggiornato {seconds} s fa", "Reconectando, atualizado há {seconds} s";
    script_keyboard = "Keyboard", "Teclado", "Tastiera", "Teclado";
    script_arrows = "In a chart: from bucket to bucket", "En un gráfico: de tramo en tramo", "In un grafico: da intervallo a intervallo", "Em um gráfico: de intervalo em intervalo";
    script_single_keys = "Single keys do something", "Las teclas sueltas hacen algo", "I singoli tasti sono attivi", "As teclas simples têm função";
    script_close = "Close", "Cerrar", "Chiudi", "Fechar";
    script_compare = "Compare with", "Comparar con", "Confronta con", "Comparar com";
    script_add_filter = "Add a filter", "Añadir un filtro", "Aggiungi un filtro", "Adicionar um filtro";
    script_tables = "All charts as tables, or back", "Todos los gráficos como tablas, o al revés", "Tutti i grafici come tabelle, o viceversa", "Todos os gráficos como tabelas, ou de volta";
    script_export = "Export the panel", "Exportar el panel", "Esporta il pannello", "Exportar o painel";
    script_live_toggle = "Live updates on or off", "Actualización en directo sí o no", "Aggiornamenti in diretta sì o no", "Atualização ao vivo sim ou não";
    script_reports = "Reports", "Informes", "Report", "Relatórios";
}

impl Words {
    /// What the script says, as JSON: each text by the name that the script knows it by.
    pub(crate) fn script(self) -> String {
        let texts = [
            ("copy", self.script_copy()),
            ("copied", self.script_copied()),
            ("liveOff", self.script_live_off()),
            ("updated", self.script_updated()),
            ("reconnecting", self.script_reconnecting()),
            ("keyboard", self.script_keyboard()),
            ("arrows", self.script_arrows()),
            ("singleKeys", self.script_single_keys()),
            ("close", self.script_close()),
            ("search", self.search()),
            ("overview", self.overview()),
            ("conversations", self.conversations()),
            ("live", self.live()),
            ("reports", self.script_reports()),
            ("today", self.today()),
            ("thisWeek", self.this_week()),
            ("thisMonth", self.this_month()),
            ("earlier", self.earlier()),
            ("later", self.later()),
            ("compare", self.script_compare()),
            ("addFilter", self.script_add_filter()),
            ("clearFilters", self.clear_filters()),
            ("tables", self.script_tables()),
            ("export", self.script_export()),
            ("liveToggle", self.script_live_toggle()),
        ];
        serde_json::Value::from_iter(texts).to_string()
    }
}
