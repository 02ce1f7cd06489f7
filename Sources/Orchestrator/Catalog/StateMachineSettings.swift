package import JSONValue

/// A state machine's logging, tracing and tags, as its record keeps them: one JSON object with AWS's member names.
package struct StateMachineSettings: Sendable, Hashable {
    package var logging: JSON
    package var tracing: JSON
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
        tags = []
    }

    /// From a record.
    package init(stored: JSON) {
        self.init()
        logging = stored["loggingConfiguration"] ?? logging
        tracing = stored["tracingConfiguration"] ?? tracing
        tags = (stored["tags"]?.arrayValue ?? []).map { tag in
            Tag(key: tag["key"]?.stringValue ?? "", value: tag["value"]?.stringValue ?? "")
        }
    }

    package var stored: JSON {
        ["loggingConfiguration": logging, "tracingConfiguration": tracing, "tags": .array(tags.map(Self.show))]
    }

    package static func show(_ tag: Tag) -> JSON { ["key": .string(tag.key), "value": .string(tag.value)] }

    /// Takes over what a request gives; nil leaves a configuration as it is.
    ///
    /// - Throws: `InvalidLoggingConfiguration`: a level but OFF needs exactly one destination.
    package mutating func change(logging newLogging: JSON?, tracing newTracing: JSON?) throws(ServiceError) {
        if let given = newLogging {
            let level = given["level"]?.stringValue ?? "OFF"
            let destinations = given["destinations"]?.arrayValue
            let count = destinations?.count ?? 0
            guard level == "OFF" ? count <= 1 : count == 1 else {
                throw ServiceError(
                    .invalidLoggingConfiguration,
                    "Invalid Logging Configuration: Must specify exactly one Log Destination.")
            }
            var shown: JSONObject = [
                "level": .string(level), "includeExecutionData": given["includeExecutionData"] ?? false,
            ]
            if let destinations { shown["destinations"] = .array(destinations) }
            logging = .object(shown)
        }
        if let given = newTracing { tracing = ["enabled": given["enabled"] ?? false] }
    }

    /// Adds tags, replacing those of the same key. At most 50 (AWS's quota).
    package mutating func add(_ newTags: [Tag], to arn: String) throws(ServiceError) {
        for tag in newTags {
            if let index = tags.firstIndex(where: { $0.key.utf8.elementsEqual(tag.key.utf8) }) {
                tags[index] = tag
            } else {
                tags.append(tag)
            }
        }
        guard tags.count <= 50 else {
            throw ServiceError(.tooManyTags, "Too many tags: '\(arn)' would have \(tags.count), and 50 are allowed")
        }
    }

    package mutating func removeTags(_ keys: [String]) {
        tags.removeAll { tag in keys.contains { $0.utf8.elementsEqual(tag.key.utf8) } }
    }
}
