package import JSONValue

/// A state machine's logging, tracing, encryption and tags, as its record keeps them: one JSON object with AWS's member names.
package struct StateMachineSettings: Sendable, Hashable {
    package var logging: JSON
    package var tracing: JSON
    package var encryption: JSON
    package var tags: [Tag]

    package struct Tag: Sendable, Hashable {
        package var key: String
        package var value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// What AWS shows for a machine that was created without any.
    package init() {
        logging = ["level": "OFF", "includeExecutionData": false]
        tracing = ["enabled": false]
        encryption = ["type": "AWS_OWNED_KEY"]
        tags = []
    }

    /// From a record.
    package init(stored: JSON) {
        self.init()
        logging = stored["loggingConfiguration"] ?? logging
        tracing = stored["tracingConfiguration"] ?? tracing
        encryption = stored["encryptionConfiguration"] ?? encryption
        tags = [Tag](stored: stored["tags"])
    }

    package var stored: JSON {
        [
            "loggingConfiguration": logging, "tracingConfiguration": tracing, "encryptionConfiguration": encryption,
            "tags": .array(tags.map(Self.show)),
        ]
    }

    /// What belongs to a revision: all but the tags, which change without one.
    package var storedInRevision: JSON {
        ["loggingConfiguration": logging, "tracingConfiguration": tracing, "encryptionConfiguration": encryption]
    }

    package static func show(_ tag: Tag) -> JSON { ["key": .string(tag.key), "value": .string(tag.value)] }

    /// Takes over what a request gives; nil leaves a configuration as it is.
    ///
    /// - Throws: `InvalidLoggingConfiguration`: a level but OFF needs exactly one destination, and that a log group.
    ///   `InvalidEncryptionConfiguration`: see `EncryptionSettings`.
    package mutating func change(
        logging newLogging: JSON?, tracing newTracing: JSON?, encryption newEncryption: JSON? = nil
    ) throws(ServiceError) {
        if let newEncryption { encryption = try EncryptionSettings.check(newEncryption) }
        if let given = newLogging {
            let level = given["level"]?.stringValue ?? "OFF"
            let destinations = given["destinations"]?.arrayValue
            let count = destinations?.count ?? 0
            guard level == "OFF" ? count <= 1 : count == 1 else {
                throw ServiceError(
                    .invalidLoggingConfiguration,
                    "Invalid Logging Configuration: Must specify exactly one Log Destination.")
            }
            for destination in destinations ?? [] {
                let group = destination["cloudWatchLogsLogGroup"]?["logGroupArn"]?.stringValue
                guard let group, Self.isLogGroup(group) else {
                    throw ServiceError(
                        .invalidLoggingConfiguration, "Invalid Logging Configuration: Log Destination is not valid.")
                }
            }
            var shown: JSONObject = [
                "level": .string(level), "includeExecutionData": given["includeExecutionData"] ?? false,
            ]
            if let destinations { shown["destinations"] = .array(destinations) }
            logging = .object(shown)
        }
        if let given = newTracing { tracing = ["enabled": given["enabled"] ?? false] }
    }

    /// `arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME`, with or without `:*`.
    private static func isLogGroup(_ arn: String) -> Bool {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count >= 7 && parts[0] == "arn" && parts[2] == "logs" && parts[5] == "log-group"
            && !parts[6].isEmpty
    }

    /// Adds tags, replacing those of the same key. At most 50 (AWS's quota).
    ///
    /// - Throws: `ValidationException` for keys of AWS's own and for characters that tags may not contain
    ///   (https://docs.aws.amazon.com/step-functions/latest/apireference/API_TagResource.html); `TooManyTags`.
    package mutating func add(_ newTags: [Tag], to arn: String) throws(ServiceError) {
        try tags.add(newTags, to: arn)
    }
}
