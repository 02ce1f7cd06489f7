import JSONValue
import Orchestrator

extension OperationTable {
    var tagOperations: [String: Operation] {
        [
            "TagResource": Operation(
                members: [.required("resourceArn", .arn), .required("tags", .tags)], handle: tagResource),
            "UntagResource": Operation(
                members: [.required("resourceArn", .arn), .required("tagKeys", .list(.tagKey))],
                handle: untagResource),
            "ListTagsForResource": Operation(
                members: [.required("resourceArn", .arn)], handle: listTagsForResource),
        ]
    }

    /// The model makes a tag's key optional, and the service does not.
    func tags(in fields: Fields) throws(ServiceError) -> [StateMachineSettings.Tag] {
        var tags: [StateMachineSettings.Tag] = []
        for (index, tag) in (fields.list("tags") ?? []).enumerated() {
            let tag = Fields(tag)
            guard let key = tag.string("key") else {
                throw ServiceError(
                    .validation,
                    "1 validation error detected: Value null at 'tags.\(index + 1).member.key' failed to satisfy "
                        + "constraint: Member must not be null")
            }
            tags.append(StateMachineSettings.Tag(key: key, value: tag.required("value")))
        }
        return tags
    }

    @Sendable private func tagResource(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        try await catalog.tag(fields.required("resourceArn"), try tags(in: fields))
        return .empty
    }

    @Sendable private func untagResource(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let keys = (fields.list("tagKeys") ?? []).compactMap(\.stringValue)
        try await catalog.untag(fields.required("resourceArn"), keys: keys)
        return .empty
    }

    @Sendable private func listTagsForResource(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        let tags = try await catalog.tags(of: fields.required("resourceArn"))
        return Reply(["tags": .array(tags.map(StateMachineSettings.show))])
    }
}
