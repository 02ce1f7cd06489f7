import Authentication
import SignatureV4

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// With which keys the command line signs, found where AWS's tools find theirs.
enum ClientCredentials {
    /// A profile that is asked for comes first, then the environment, then the profile of the environment or `default`.
    ///
    /// - Returns: nil where there are no keys: for servers that want none.
    static func find(profile: String?, environment: (String) -> String?) throws(CommandError) -> Signer? {
        let region = environment("AWS_REGION") ?? environment("AWS_DEFAULT_REGION") ?? "us-east-1"
        func signer(_ credentials: SigningCredentials) -> Signer {
            Signer(credentials: credentials, region: region, service: Authenticator.service)
        }
        if profile == nil, let id = environment("AWS_ACCESS_KEY_ID"), let secret = environment("AWS_SECRET_ACCESS_KEY")
        {
            return signer(
                SigningCredentials(
                    accessKeyID: id, secret: SecretText(secret),
                    sessionToken: environment("AWS_SESSION_TOKEN").map(SecretText.init)))
        }
        let path =
            environment("AWS_SHARED_CREDENTIALS_FILE") ?? (environment("HOME") ?? ".") + "/.aws/credentials"
        let wanted = profile ?? environment("AWS_PROFILE")
        let text: String
        do throws(CommandError) {
            text = try InputFile.text(path)
        } catch {
            guard let wanted else { return nil }
            throw CommandError(.usage, "The profile '\(wanted)' cannot be looked up. \(error.message)")
        }
        let section = values(of: wanted ?? "default", in: text)
        guard let id = section["aws_access_key_id"], let secret = section["aws_secret_access_key"] else {
            guard let wanted else { return nil }
            throw CommandError(
                .usage, "\(path) has no section [\(wanted)] with aws_access_key_id and aws_secret_access_key.")
        }
        return signer(
            SigningCredentials(
                accessKeyID: id, secret: SecretText(secret),
                sessionToken: section["aws_session_token"].map(SecretText.init)))
    }

    /// The settings of a section; the file may hold whatever else AWS's tools understand.
    static func values(of section: String, in text: String) -> [String: String] {
        var values: [String: String] = [:]
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmed
            if line.first == "[" {
                isInside = line.dropFirst().prefix { $0 != "]" }.trimmed == section
            } else if isInside, let first = line.first, first != "#", first != ";", line.contains("=") {
                let name = line.prefix { $0 != "=" }
                values[name.trimmed.lowercased()] = line.dropFirst(name.count + 1).trimmed
            }
        }
        return values
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
