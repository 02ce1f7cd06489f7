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

    func tags(in fields: Fields) -> [StateMachineSettings.Tag] {
        (fields.list("tags") ?? []).map { tag in
            let tag = Fields(tag)
            return StateMachineSettings.Tag(key: tag.required("key"), value: tag.required("value"))
        }
    }

    @Sendable private func tagResource(_ fields: Fields, _ call: Call) async throws(ServiceError) -> Reply {
        try await catalog.tag(fields.required("resourceArn"), tags(in: fields))
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
