import Interpreter
package import JSONValue

extension Catalog {
    /// Creates an activity and its queue; the same name again finds the one there is, and ignores other tags.
    ///
    /// - Throws: `ActivityAlreadyExists` where the encryption differs.
    package func createActivity(
        name: String, encryption: JSON? = nil, tags: [StateMachineSettings.Tag] = []
    ) async throws(ServiceError) -> ActivityRecord {
        try ResourceName.check(name)
        let arn = identity.arn(.activity(name: name)).text
        var settings = ActivitySettings()
        if let encryption { settings.encryption = try EncryptionSettings.check(encryption) }
        try settings.tags.add(tags, to: arn)
        let wanted = settings
        let now = clock()
        let record = try await engine.transact { writer in
            if let existing = try writer.activity(arn: arn) {
                guard ActivitySettings(stored: existing.settings).encryption == wanted.encryption else {
                    throw ServiceError(.activityAlreadyExists, "Activity Already Exists: '\(arn)'")
                }
                return ([], existing)
            }
            let record = ActivityRecord(arn: arn, name: name, createdAt: now, settings: wanted.stored)
            return ([.insertActivity(record)], record)
        }
        queues.declare([.activity(arn: record.arn, name: record.name)])
        return record
    }

    /// Its queue goes too, with what is in it: such tasks end by their time-outs. One that does not exist is deleted
    /// already.
    package func deleteActivity(arn: String) async throws(ServiceError) {
        try StatesARN.expect(.activity, in: arn)
        let deleted = try await engine.transact { writer in
            let record = try writer.activity(arn: arn)
            return (record == nil ? [] : [.deleteActivity(arn: arn)], record)
        }
        if let deleted { queues.remove(.activity(arn: deleted.arn, name: deleted.name)) }
    }

    package func describeActivity(arn: String) async throws(ServiceError) -> ActivityRecord {
        try StatesARN.expect(.activity, in: arn)
        guard let record = try await read({ store throws(StoreError) in try await store.activity(arn: arn) }) else {
            throw ServiceError(.activityDoesNotExist, "Activity Does Not Exist: '\(arn)'")
        }
        return record
    }

    /// In the order of their names.
    package func listActivities(after cursor: PageCursor?, limit: Int) async throws(ServiceError) -> Page<
        ActivityRecord
    > {
        try await read { store throws(StoreError) in try await store.activities(after: cursor, limit: limit) }
    }
}
