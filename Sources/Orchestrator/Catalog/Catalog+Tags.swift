/// Tags of state machines and activities.
extension Catalog {
    package func tags(of arn: String) async throws(ServiceError) -> [StateMachineSettings.Tag] {
        if case .activity = try taggable(arn) {
            let record = try await read { store throws(StoreError) in try await store.activity(arn: arn) }
            guard let record else { throw Self.noResource(arn) }
            return ActivitySettings(stored: record.settings).tags
        }
        let record = try await read { store throws(StoreError) in try await store.stateMachine(arn: arn) }
        guard let record else { throw Self.noResource(arn) }
        return StateMachineSettings(stored: record.settings).tags
    }

    package func tag(_ arn: String, _ tags: [StateMachineSettings.Tag]) async throws(ServiceError) {
        try await changeTags(of: arn) { has throws(ServiceError) in try has.add(tags, to: arn) }
    }

    package func untag(_ arn: String, keys: [String]) async throws(ServiceError) {
        try await changeTags(of: arn) { has throws(ServiceError) in has.remove(keys) }
    }

    private func taggable(_ arn: String) throws(ServiceError) -> StatesARN.Resource {
        try StatesARN.expect(.stateMachine, .activity, in: arn).resource
    }

    /// Tags are no part of a revision: the record's stays.
    private func changeTags(
        of arn: String, _ change: @escaping @Sendable (inout [StateMachineSettings.Tag]) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        if case .activity = try taggable(arn) {
            return try await engine.transact { writer in
                guard var record = try writer.activity(arn: arn) else { throw Self.noResource(arn) }
                var settings = ActivitySettings(stored: record.settings)
                try change(&settings.tags)
                record.settings = settings.stored
                return ([.updateActivity(record)], ())
            }
        }
        try await engine.transact { writer in
            guard var record = try writer.stateMachine(arn: arn) else { throw Self.noResource(arn) }
            var settings = StateMachineSettings(stored: record.settings)
            try change(&settings.tags)
            record.settings = settings.stored
            return ([.updateStateMachine(record)], ())
        }
    }

    private static func noResource(_ arn: String) -> ServiceError {
        ServiceError(.resourceNotFound, "Resource not found: '\(arn)'")
    }
}
