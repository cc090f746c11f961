//! Messages and their attachments.

use crate::catalogue::Intent;

open_enum! {
    /// Who wrote a message.
    Role { User = "user", Bot = "bot", Agent = "agent", System = "system" }
}

open_enum! {
    /// What a message consists of.
    ContentType {
        Text = "text", Image = "image", Audio = "audio", Video = "video", File = "file", Location = "location",
        Template = "template", Interactive = "interactive",
    }
}

open_enum! {
    /// Who may see a message.
    Visibility { Public = "public", Internal = "internal" }
}

record! {
    /// Something that was sent with a message.
    Attachment {
        /// Its id.
        id? Id;
        /// Its class, as image.
        kind? Id as "type";
        /// Name of the file.
        filename? Str;
        /// Media type.
        mime? Id;
        /// Size in bytes.
        size_bytes? Int;
        /// Where it is.
        url? Str;
        /// Its SHA-256, in hexadecimal digits.
        sha256? Id;
    }
}

record! {
    /// When a message was spoken.
    Speech {
        /// First sound.
        start_ts? Time;
        /// Last sound.
        end_ts? Time;
        /// Whether the other side broke in.
        interrupted? Bool;
    }
}

record! {
    /// A message was written.
    MessageCreated {
        /// The message's id, unique in its conversation.
        message_id! Id;
        /// Who wrote it.
        role! Role;
        /// What it says.
        text? Str;
        /// What it consists of; text if absent.
        content_type? ContentType;
        /// Message parts in the shape of OpenTelemetry, as a JSON list.
        parts? Array;
        /// What was sent with it.
        attachments? [Attachment];
        /// Id of the message that it answers.
        reply_to? Id;
        /// Language as a BCP 47 tag.
        language? Id;
        /// What its writer wants.
        intent? Intent;
        /// The turn that it belongs to.
        turn_id? Id;
        /// The workflow that it belongs to.
        workflow_id? Id;
        /// Whether the person may rate it.
        feedback_enabled? Bool;
        /// Who may see it; everybody if absent.
        visibility? Visibility;
        /// The human agent who wrote it.
        agent_id? Id;
        /// The assignment in which it was written.
        assignment_id? Id;
        /// When it was spoken.
        speech? Speech;
    }
}

record! {
    /// A message was edited: that is no new message.
    MessageUpdated {
        /// The message's id.
        message_id! Id;
        /// What it says now.
        text? Str;
    }
}

record! {
    /// A message was taken back.
    MessageDeleted {
        /// The message's id.
        message_id! Id;
        /// Why.
        reason? Str;
    }
}

open_enum! {
    /// How far a message came.
    DeliveryStatus { Sent = "sent", Delivered = "delivered", Read = "read", Failed = "failed" }
}

record! {
    /// A channel reported how far a message came.
    MessageStatus {
        /// The message's id.
        message_id! Id;
        /// How far it came.
        status! DeliveryStatus;
        /// Why it failed.
        error? Str;
    }
}

record! {
    /// Something was attached to a message or conversation.
    AttachmentAdded {
        /// The attachment's id.
        attachment_id! Id;
        /// The message that it belongs to.
        message_id? Id;
        /// Name of the file.
        filename? Str;
        /// Media type.
        mime? Id;
        /// Size in bytes.
        size_bytes? Int;
        /// Its SHA-256, in hexadecimal digits.
        sha256? Id;
        /// Where it is.
        url? Str;
    }
}
