package import Orchestrator

extension SQLiteStore {
    package func version(
        stateMachineARN: String, number: Int
    ) async throws(StoreError) -> StateMachineVersionRecord? {
        try await read { reader throws(StoreError) in
            try reader.first(
                Queries.version,
                {
                    $0.text(stateMachineARN)
                    $0.integer(number)
                },
                read: { row throws(StoreError) in try StateMachineVersionRecord(&row) })
        }
    }

    /// Newest first.
    package func versions(
        stateMachineARN: String, after cursor: PageCursor?, limit: Int
    ) async throws(StoreError) -> Page<StateMachineVersionRecord> {
        try await read { reader throws(StoreError) in
            let last = try cursor.map { cursor throws(StoreError) in try cursor.number() }
            let rows = try reader.all(
                Queries.versionsBelow,
                {
                    $0.text(stateMachineARN)
                    $0.integer(last ?? Int64.max)
                    $0.integer(limit + 1)
                },
                read: { row throws(StoreError) in try StateMachineVersionRecord(&row) })
            return Page(rows, limit: limit) { String($0.number) }
        }
    }

    package func alias(stateMachineARN: String, name: String) async throws(StoreError) -> StateMachineAliasRecord? {
        try await read { reader throws(StoreError) in
            try reader.first(
                Queries.alias,
                {
                    $0.text(stateMachineARN)
                    $0.text(name)
                },
                read: { row throws(StoreError) in try StateMachineAliasRecord(&row) })
        }
    }

    /// In the order of their names.
    package func aliases(
        stateMachineARN: String, version: Int?, after cursor: PageCursor?, limit: Int
    ) async throws(StoreError) -> Page<StateMachineAliasRecord> {
        try await read { reader throws(StoreError) in
            let rows = try reader.all(
                version == nil ? Queries.aliasesAfter : Queries.aliasesOfVersionAfter,
                {
                    $0.text(stateMachineARN)
                    $0.text(cursor?.key ?? "")
                    $0.integer(limit + 1)
                    if let version { $0.integer(version) }
                },
                read: { row throws(StoreError) in try StateMachineAliasRecord(&row) })
            return Page(rows, limit: limit) { $0.name }
        }
    }

    package func property(_ name: String) async throws(StoreError) -> String? {
        try await read { reader throws(StoreError) in
            try reader.first(Queries.property, { $0.text(name) }) { $0.text() }
        }
    }
}
