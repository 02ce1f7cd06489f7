package import Orchestrator

extension MemoryTables {
    package func version(stateMachineARN: String, number: Int) -> StateMachineVersionRecord? {
        versions[TextKey(stateMachineARN)]?[number]
    }

    package func version(ofRevision number: Int64) -> StateMachineVersionRecord? {
        versions.values.flatMap(\.values).filter { $0.revision.number == number }.max { $0.number < $1.number }
    }

    package func versions(
        stateMachineARN: String, after cursor: PageCursor?, limit: Int
    ) throws(StoreError) -> Page<StateMachineVersionRecord> {
        let last = try number(cursor) ?? .max
        let rows = versions[TextKey(stateMachineARN), default: [:]].values.filter { $0.number < last }
        let listed = rows.sorted { $0.number > $1.number }.map { row in
            var row = row
            row.revision.definition = ""
            return row
        }
        return page(listed, limit: limit) { String($0.number) }
    }

    package func alias(stateMachineARN: String, name: String) -> StateMachineAliasRecord? {
        aliases[TextKey(stateMachineARN)]?[TextKey(name)]
    }

    package func aliases(
        stateMachineARN: String, version: Int? = nil, after cursor: PageCursor? = nil, limit: Int = .max
    ) -> Page<StateMachineAliasRecord> {
        let rows = aliases[TextKey(stateMachineARN), default: [:]].filter { name, row in
            (cursor.map { name > TextKey($0.key) } ?? true)
                && (version.map { version in row.routes.contains { $0.version == version } } ?? true)
        }
        return page(rows.sorted { $0.key < $1.key }.map(\.value), limit: limit) { $0.name }
    }
}
