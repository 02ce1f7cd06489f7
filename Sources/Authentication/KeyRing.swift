package import Logging
import Synchronization

/// The keys that are good at the moment: those of the environment, and those of a file that may change.
///
/// The file is looked at whenever a key is asked for, which costs one system call, and read when it is another than
/// before. A file that cannot be used leaves the keys as they are, and a line in the log.
package final class KeyRing: Sendable {
    private struct State {
        var keys: [String: AccessKey]
        /// Of the file that was last read, also if it could not be used.
        var stamp: KeysFile.Stamp?
    }

    private let fixed: [AccessKey]
    private let file: KeysFile?
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter text: keys that do not change: the environment's.
    /// - Throws: where text or file cannot be used.
    package init(
        text: String?, origin: String = "BATON_KEYS", file: KeysFile?, logger: Logger
    ) throws(KeysProblem) {
        fixed = try text.map { text throws(KeysProblem) in try KeysText.parse(text, origin: origin) } ?? []
        self.file = file
        self.logger = logger
        let (keys, stamp) = try Self.load(file, fixed)
        state = Mutex(State(keys: keys, stamp: stamp))
    }

    package var count: Int { state.withLock { $0.keys.count } }

    /// The key of that identifier, if there is one.
    package func key(_ id: String) -> AccessKey? {
        if let file {
            let stamp = file.stamp()
            // One thread of those that notice it reads the file; the others take the keys as they were.
            let isNews = state.withLock { state in
                guard stamp != state.stamp else { return false }
                state.stamp = stamp
                return true
            }
            if isNews { reload() }
        }
        return state.withLock { $0.keys[id] }
    }

    /// Reads the file again.
    package func reload() {
        guard file != nil else { return }
        do throws(KeysProblem) {
            let (keys, stamp) = try Self.load(file, fixed)
            state.withLock { $0 = State(keys: keys, stamp: stamp) }
            logger.notice("read the access keys again", metadata: ["keys": "\(keys.count)"])
        } catch {
            logger.error("the access keys stay as they were", metadata: ["reason": "\(error.message)"])
        }
    }

    private static func load(
        _ file: KeysFile?, _ fixed: [AccessKey]
    ) throws(KeysProblem) -> (keys: [String: AccessKey], stamp: KeysFile.Stamp?) {
        var keys: [String: AccessKey] = [:]
        var stamp: KeysFile.Stamp?
        for key in fixed { keys[key.id] = key }
        if let file {
            let (text, read) = try file.read()
            stamp = read
            for key in try KeysText.parse(text, origin: file.path) {
                guard keys.updateValue(key, forKey: key.id) == nil else {
                    throw KeysProblem("\(file.path): [\(key.name)] repeats a key of the environment.")
                }
            }
        }
        return (keys, stamp)
    }
}
