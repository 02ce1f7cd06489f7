package import JSONValue

/// An activity's encryption and tags, as its record keeps them.
package struct ActivitySettings: Sendable, Hashable {
    package var encryption: JSON
    package var tags: [StateMachineSettings.Tag]

    package init() {
        encryption = EncryptionSettings.ownedKey
        tags = []
    }

    /// From a record.
    package init(stored: JSON) {
        self.init()
        encryption = stored["encryptionConfiguration"] ?? encryption
        tags = [StateMachineSettings.Tag](stored: stored["tags"])
    }

    package var stored: JSON {
        ["encryptionConfiguration": encryption, "tags": .array(tags.map(StateMachineSettings.show))]
    }
}
