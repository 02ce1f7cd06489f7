extension Queries {
    static let version = "\(versions(definitions: true)) WHERE m.arn = ? AND v.version = ?"
    static let versionOfRevision = """
        \(versions(definitions: true))
        WHERE m.number = (SELECT state_machine FROM revisions WHERE number = ?1) AND v.revision = ?1
        """
    static let versionsBelow = """
        \(versions(definitions: false)) WHERE m.arn = ? AND v.version < ? ORDER BY v.version DESC LIMIT ?
        """
    static let versionCount = """
        SELECT count(*) FROM versions WHERE state_machine = (SELECT number FROM state_machines WHERE arn = ?)
        """
    private static func versions(definitions: Bool) -> String {
        """
        SELECT m.arn, v.version, v.created_at, v.description,
            r.number, r.id, \(definitions ? "r.definition" : "''"), r.role_arn, r.created_at, r.settings
        FROM state_machines m CROSS JOIN versions v ON v.state_machine = m.number
            CROSS JOIN revisions r ON r.number = v.revision
        """
    }

    static let alias = "\(aliases) WHERE m.arn = ? AND a.name = ?"
    static let aliasesAfter = "\(aliases) WHERE m.arn = ? AND a.name > ? ORDER BY a.name LIMIT ?"
    static let aliasesOfVersionAfter = """
        \(aliases) WHERE m.arn = ?1 AND a.name > ?2
            AND EXISTS (SELECT 1 FROM json_each(a.routes) r WHERE json_extract(r.value, '$.version') = ?4)
        ORDER BY a.name LIMIT ?3
        """
    private static let aliases = """
        SELECT m.arn, a.name, a.description, a.created_at, a.updated_at, a.routes
        FROM state_machines m CROSS JOIN aliases a ON a.state_machine = m.number
        """

    static let property = "SELECT value FROM meta WHERE name = ?"
}
