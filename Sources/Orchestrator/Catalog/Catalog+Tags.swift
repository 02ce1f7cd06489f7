/// Tags of state machines. Activities have none.
extension Catalog {
    package func tags(of arn: String) async throws(ServiceError) -> [StateMachineSettings.Tag] {
        if case .activity = try taggable(arn) {
            _ = try await activity(arn)
            return []
        }
        let record = try await read { store throws(StoreError) in try await store.stateMachine(arn: arn) }
        guard let record else { throw Self.noResource(arn) }
        return StateMachineSettings(stored: record.settings).tags
    }

    package func tag(_ arn: String, _ tags: [StateMachineSettings.Tag]) async throws(ServiceError) {
        if case .activity = try taggable(arn) {
            _ = try await activity(arn)
            guard tags.isEmpty else { throw Self.activitiesHaveNoTags }
            return
        }
        try await changeSettings(of: arn) { settings throws(ServiceError) in try settings.add(tags, to: arn) }
    }

    package func untag(_ arn: String, keys: [String]) async throws(ServiceError) {
        if case .activity = try taggable(arn) {
            _ = try await activity(arn)
            return
        }
        try await changeSettings(of: arn) { settings throws(ServiceError) in settings.removeTags(keys) }
    }

    static var activitiesHaveNoTags: ServiceError {
        ServiceError(.validation, "Tags of activities are not supported; only state machines can be tagged")
    }

    private func taggable(_ arn: String) throws(ServiceError) -> StatesARN.Resource {
        try StatesARN.expect(.stateMachine, .activity, in: arn).resource
    }

    private func activity(_ arn: String) async throws(ServiceError) -> ActivityRecord {
        guard let record = try await read({ store throws(StoreError) in try await store.activity(arn: arn) }) else {
            throw Self.noResource(arn)
        }
        return record
    }

    /// Tags are no part of a revision: the record's stays.
    private func changeSettings(
        of arn: String, _ change: @escaping @Sendable (inout StateMachineSettings) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        try await engine.transact { writer in
            guard var record = try writer.stateMachine(arn: arn) else { throw Self.noResource(arn) }
            var settings = StateMachineSettings(stored: record.settings)
            try change(&settings)
            record.settings = settings.stored
            return ([.updateStateMachine(record)], ())
        }
    }

    private static func noResource(_ arn: String) -> ServiceError {
        ServiceError(.resourceNotFound, "Resource not found: '\(arn)'")
    }
}
