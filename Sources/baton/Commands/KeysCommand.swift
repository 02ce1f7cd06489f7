import ArgumentParser
import Authentication
import JSONValue
import SignatureV4

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make and check the access keys of a server.",
        subcommands: [Generate.self, Check.self])

    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an access key.",
            discussion: """
                Prints the lines for the server's keys file ('baton server --keys FILE'), or adds them to it. AWS's \
                tools and 'baton --profile' take the same lines as a profile.
                """)

        @Argument(help: "Names the key in logs, and is its profile for AWS's tools.")
        var name: String

        @Option(
            name: [.customLong("role"), .customLong("roles")], parsing: .upToNextOption,
            help: "What it may do: admin, operator, worker, reader; several are allowed.")
        var roles: [String]

        @Option(
            parsing: .upToNextOption,
            help: "The activities that a worker's key is good for (default: all); NAME* for all that begin so.")
        var activities: [String] = []

        @Option(help: ArgumentHelp("Until when it is good, such as 2027-01-01T00:00:00Z.", valueName: "time"))
        var expires: String?

        @Option(
            help: ArgumentHelp("Add it to this file, which is made if it is not there.", valueName: "file"),
            completion: .file())
        var file: String?

        func run() throws {
            var generator = SystemRandomNumberGenerator()
            let (id, secret) = KeyGenerator.make(using: &generator)
            var lines = "[\(name)]\naws_access_key_id = \(id)\naws_secret_access_key = \(secret.revealed)\n"
            lines += "roles = \(roles.joined(separator: ", "))\n"
            if !activities.isEmpty { lines += "activities = \(activities.joined(separator: ", "))\n" }
            if let expires { lines += "expires = \(expires)\n" }
            do throws(KeysProblem) {
                _ = try KeysText.parse(lines, origin: "")
            } catch {
                // Without the place: nobody wrote these lines.
                throw CommandError(.usage, String(error.message.trimmingPrefix(/:[0-9]+:( \[[^\]]*\]:?)? ?/)))
            }
            guard let file else { return Terminal.standard.line(lines.trimmedEnd) }
            let before = access(file, F_OK) == 0 ? try read(file) : ""
            let text = before.isEmpty || before.hasSuffix("\n\n") ? lines : "\n" + lines
            do throws(KeysProblem) {
                _ = try KeysText.parse(before + text, origin: file)
            } catch {
                throw CommandError(.usage, error.message)
            }
            try append(text, to: file)
            Terminal.standard.line("Added [\(name)] to \(file).")
        }

        private func read(_ file: String) throws(CommandError) -> String {
            do throws(KeysProblem) {
                return try KeysFile(file).read().text
            } catch {
                throw CommandError(.usage, error.message)
            }
        }

        private func append(_ text: String, to file: String) throws(CommandError) {
            let descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
            let bytes = Array(text.utf8)
            // One write: a server that reads at this moment sees all of it or nothing.
            guard descriptor >= 0, write(descriptor, bytes, bytes.count) == bytes.count else {
                throw CommandError(.failed, "Cannot write \(file): \(String(cString: strerror(errno))).")
            }
            close(descriptor)
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read a keys file as the server would, and list its keys without their secrets.")

        @Argument(help: "The keys file.", completion: .file())
        var file: String

        func run() throws {
            let keys: [AccessKey]
            do throws(KeysProblem) {
                keys = try KeysText.parse(try KeysFile(file).read().text, origin: file)
            } catch {
                throw CommandError(.usage, error.message)
            }
            var table = Table("NAME", "KEY", "ROLES", "ACTIVITIES", "EXPIRES")
            for key in keys {
                table.add(
                    (key.name, Terminal.standard.style.bold), (key.id, nil),
                    (key.roles.map(\.rawValue).sorted().joined(separator: ", "), nil),
                    (key.activities?.joined(separator: ", ") ?? "", nil), (key.expiresAt?.rfc3339 ?? "", nil))
            }
            table.print()
        }
    }
}

extension String {
    fileprivate var trimmedEnd: String { hasSuffix("\n") ? String(dropLast()) : self }
}
