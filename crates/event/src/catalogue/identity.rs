//! Who people are, and what is recorded about the whole.

record! {
    /// A person said who they are: the envelope's `user_id` and `anonymous_id` belong together.
    UserIdentified {
        /// What is known about the person, as a JSON object.
        traits? Object;
    }
}

record! {
    /// Two users are one person.
    UserMerged {
        /// The user that is no more.
        from_user_id! Id;
        /// The user that remains.
        into_user_id! Id;
    }
}

open_enum! {
    /// How much of a person is erased.
    ErasureMode { Anonymise = "anonymise", Full = "full" }
}

record! {
    /// A person asked to be forgotten.
    UserErasureRequested {
        /// The user.
        user_id! Id;
        /// How much is erased.
        mode? ErasureMode;
        /// The request, as named in its receipt.
        request_id! Id;
    }
}

record! {
    /// A new version went into service.
    DeploymentRecorded {
        /// What was deployed.
        component! Id;
        /// Its version.
        version! Id;
        /// When, where that is not the event's own time.
        at? Time;
        /// What is new.
        notes? Str;
    }
}

record! {
    /// Somebody annotated something, for quality assurance; no figure about customers counts it.
    AnnotationRecorded {
        /// What is annotated, as JSON.
        target! Any;
        /// The annotation.
        label! Id;
        /// Its value, as JSON.
        value? Any;
        /// Who annotated.
        author! Id;
    }
}
