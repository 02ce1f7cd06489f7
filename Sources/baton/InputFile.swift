import JSONValue

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Reads what the command line names.
enum InputFile {
    /// The text of a file, or of standard input for `-`.
    static func text(_ path: String) throws(CommandError) -> String {
        let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandError(.usage, "Cannot read '\(path)': \(String(cString: strerror(errno))).")
        }
        defer { if descriptor != 0 { close(descriptor) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw CommandError(.usage, "Cannot read '\(path)': \(String(cString: strerror(errno))).")
            }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= 16 << 20 else {
                throw CommandError(.usage, "'\(path)' is larger than 16 MiB: name another file.")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(.usage, "'\(path)' is not UTF-8 text: name another file.")
        }
        return text
    }

    /// The value of an option such as `--input`: JSON, `@FILE`, or `-` for standard input; checked to be JSON, and
    /// otherwise left as it was written.
    static func json(_ argument: String, option: String) throws(CommandError) -> String {
        let text =
            if argument == "-" {
                try text("-")
            } else if argument.hasPrefix("@") {
                try text(String(argument.dropFirst()))
            } else {
                argument
            }
        do throws(JSONError) {
            _ = try JSON(parsing: text)
        } catch {
            let place = error.position(in: text)
            throw CommandError(
                .usage,
                "\(option) is not JSON (\(error.message) at line \(place.line), column \(place.column)): "
                    + "write it as '{\"key\": 1}', or name a file as @FILE.")
        }
        return text
    }
}
