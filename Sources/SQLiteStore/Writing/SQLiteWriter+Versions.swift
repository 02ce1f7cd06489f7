package import Orchestrator

extension SQLiteWriter {
    package func version(
        stateMachineARN: String, number: Int
    ) throws(StoreError) -> StateMachineVersionRecord? {
        let (session, statements) = try open()
        return try session.first(
            statements.version,
            {
                $0.text(stateMachineARN)
                $0.integer(number)
            },
            read: { row throws(StoreError) in try StateMachineVersionRecord(&row) })
    }

    package func version(ofRevision number: Int64) throws(StoreError) -> StateMachineVersionRecord? {
        let (session, statements) = try open()
        return try session.first(statements.versionOfRevision, { $0.integer(number) }) { row throws(StoreError) in
            try StateMachineVersionRecord(&row)
        }
    }

    package func versionCount(stateMachineARN: String) throws(StoreError) -> Int {
        let (session, statements) = try open()
        return try session.first(statements.versionCount, { $0.text(stateMachineARN) }) { $0.int() } ?? 0
    }

    package func alias(stateMachineARN: String, name: String) throws(StoreError) -> StateMachineAliasRecord? {
        let (session, statements) = try open()
        return try session.first(
            statements.alias,
            {
                $0.text(stateMachineARN)
                $0.text(name)
            },
            read: { row throws(StoreError) in try StateMachineAliasRecord(&row) })
    }

    package func aliases(stateMachineARN: String) throws(StoreError) -> [StateMachineAliasRecord] {
        let (session, statements) = try open()
        return try session.all(
            statements.aliasesAfter,
            {
                $0.text(stateMachineARN)
                $0.text("")
                $0.integer(Int64.max)
            },
            read: { row throws(StoreError) in try StateMachineAliasRecord(&row) })
    }

    func insert(_ record: StateMachineVersionRecord) throws(StoreError) {
        let (session, statements) = try open()
        try session.run(statements.insertVersion) {
            $0.text(record.stateMachineARN)
            $0.integer(record.number)
            $0.integer(record.revision.number)
            $0.time(record.createdAt)
            $0.text(record.description)
        }
    }

    func save(_ record: StateMachineAliasRecord) throws(StoreError) {
        let (session, statements) = try open()
        try session.run(statements.saveAlias) {
            $0.text(record.stateMachineARN)
            $0.text(record.name)
            $0.time(record.createdAt)
            $0.time(record.updatedAt)
            $0.text(record.description)
            $0.text(record.storedRoutes)
        }
    }

    func deleteVersion(of arn: String, _ number: Int) throws(StoreError) {
        let (session, statements) = try open()
        try session.run(statements.deleteVersion) {
            $0.text(arn)
            $0.integer(number)
        }
    }

    func deleteAlias(of arn: String, _ name: String) throws(StoreError) {
        let (session, statements) = try open()
        try session.run(statements.deleteAlias) {
            $0.text(arn)
            $0.text(name)
        }
    }

    /// The machine's row stays, so what belongs to it has to be taken away.
    func deleteStateMachine(_ arn: String) throws(StoreError) {
        let (session, statements) = try open()
        try session.run(statements.deleteAliases) { $0.text(arn) }
        try session.run(statements.deleteVersions) { $0.text(arn) }
        try session.run(statements.deleteStateMachine) { $0.text(arn) }
    }
}
