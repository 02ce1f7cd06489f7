import JSONValue
import SignatureV4

/// Why keys cannot be read: one sentence, without anything of a secret.
package struct KeysProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package var message: String
    package var description: String { message }

    package init(_ message: String) { self.message = message }
}

/// A keys file: sections as in AWS's shared credentials file, so that AWS's tools can use the same text, and a few
/// settings more.
///
///     [ci]
///     aws_access_key_id = BABCDEFGHIJKLMNOPQRS
///     aws_secret_access_key = …
///     roles = operator
package enum KeysText {
    private static let known = [
        "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "roles", "activities", "expires",
    ]
    /// A shorter one could be guessed.
    private static let shortestSecret = 16

    private struct Section {
        var name: String
        var line: Int
        var values: [String: String] = [:]
    }

    /// - Parameter origin: what messages call the text: a file's name.
    package static func parse(_ text: String, origin: String) throws(KeysProblem) -> [AccessKey] {
        var keys: [AccessKey] = []
        for section in try sections(text, origin) {
            let key = try self.key(section, origin)
            guard !keys.contains(where: { $0.id == key.id }) else {
                throw KeysProblem("\(origin):\(section.line): [\(section.name)] repeats another section's key.")
            }
            keys.append(key)
        }
        guard !keys.isEmpty else {
            throw KeysProblem(
                "\(origin) holds no keys: 'baton keys generate NAME --role admin' makes the lines of one.")
        }
        return keys
    }

    /// The lines of a key.
    package static func section(for key: AccessKey) -> String {
        var lines = [
            "[\(key.name)]", "aws_access_key_id = \(key.id)", "aws_secret_access_key = \(key.secret.revealed)",
        ]
        if let token = key.sessionToken { lines.append("aws_session_token = \(token.revealed)") }
        lines.append("roles = \(key.roles.map(\.rawValue).sorted().joined(separator: ", "))")
        if let activities = key.activities { lines.append("activities = \(activities.joined(separator: ", "))") }
        if let expiry = key.expiresAt { lines.append("expires = \(expiry.rfc3339)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func sections(_ text: String, _ origin: String) throws(KeysProblem) -> [Section] {
        var sections: [Section] = []
        var number = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            let line = trim(line)
            guard let first = line.first, first != "#", first != ";" else { continue }
            if first == "[" {
                let name = trim(line.dropFirst().prefix { $0 != "]" })
                guard line.last == "]", isName(name) else {
                    throw KeysProblem(
                        "\(origin):\(number): a section is [NAME], of letters, digits and any of -_.@")
                }
                guard !sections.contains(where: { $0.name == name }) else {
                    throw KeysProblem("\(origin):\(number): [\(name)] is there twice.")
                }
                sections.append(Section(name: name, line: number))
                continue
            }
            let name = trim(line.prefix { $0 != "=" }).lowercased()
            guard line.contains("="), known.contains(name) else {
                // The line may be a secret gone astray: it is not repeated.
                throw KeysProblem(
                    "\(origin):\(number): expected 'NAME = VALUE' with one of \(known.joined(separator: ", ")).")
            }
            guard !sections.isEmpty else {
                throw KeysProblem("\(origin):\(number): '\(name)' stands before the first [NAME].")
            }
            guard sections[sections.count - 1].values[name] == nil else {
                throw KeysProblem("\(origin):\(number): '\(name)' is there twice in one section.")
            }
            sections[sections.count - 1].values[name] = trim(line.drop { $0 != "=" }.dropFirst())
        }
        return sections
    }

    private static func key(_ section: Section, _ origin: String) throws(KeysProblem) -> AccessKey {
        let place = "\(origin):\(section.line): [\(section.name)]"
        let id = section.values["aws_access_key_id"] ?? ""
        guard (1...128).contains(id.utf8.count), isName(id) else {
            throw KeysProblem("\(place) needs an aws_access_key_id of letters and digits.")
        }
        let secret = section.values["aws_secret_access_key"] ?? ""
        guard secret.utf8.count >= shortestSecret else {
            throw KeysProblem(
                "\(place) needs an aws_secret_access_key of \(shortestSecret) characters or more: 'baton keys "
                    + "generate' makes them.")
        }
        let roles = try roles(list(section.values["roles"] ?? ""), place)
        var activities: [String]?
        if let text = section.values["activities"] {
            activities = list(text)
            guard activities?.isEmpty == false, roles.contains(.worker) else {
                throw KeysProblem(
                    "\(place): 'activities' names the activities of a worker's key; leave it out, or add the role "
                        + "worker.")
            }
        }
        var expiry: Timestamp?
        if let text = section.values["expires"] {
            expiry = Timestamp(rfc3339: text)
            guard expiry != nil else {
                throw KeysProblem("\(place): 'expires' has to be a time such as 2027-01-01T00:00:00Z.")
            }
        }
        let token = section.values["aws_session_token"].flatMap { $0.isEmpty ? nil : SecretText($0) }
        return AccessKey(
            name: section.name, id: id, secret: SecretText(secret), sessionToken: token, roles: roles,
            activities: activities, expiresAt: expiry)
    }

    private static func roles(_ names: [String], _ place: String) throws(KeysProblem) -> Set<Role> {
        let all = Role.allCases.map(\.rawValue).joined(separator: ", ")
        var roles: Set<Role> = []
        for name in names {
            guard let role = Role(rawValue: name) else {
                throw KeysProblem("\(place): '\(name)' is no role: there are \(all).")
            }
            roles.insert(role)
        }
        guard !roles.isEmpty else { throw KeysProblem("\(place) needs 'roles = …', of \(all).") }
        return roles
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map(trim).filter { !$0.isEmpty }
    }

    /// Also what a profile or a key's identifier may look like.
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-_.@".utf8.contains(byte)
                }
            }
    }

    private static func trim(_ text: some StringProtocol) -> String {
        String(
            text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
