import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Where a command writes for people: coloured and alive on a terminal, plain everywhere else.
final class Terminal: Sendable {
    static let standard = Terminal(
        isInteractive: isatty(1) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb",
        hasColour: Terminal.wantsColour(1), errorHasColour: Terminal.wantsColour(2))

    /// Standard output is a terminal: transient lines make sense.
    let isInteractive: Bool
    let style: Style
    let errorStyle: Style
    /// A line that the next output replaces is on the screen.
    private let hasTransientLine = Mutex(false)

    init(isInteractive: Bool, hasColour: Bool, errorHasColour: Bool) {
        self.isInteractive = isInteractive
        style = Style(isOn: hasColour)
        errorStyle = Style(isOn: errorHasColour)
    }

    /// https://no-color.org, and CLICOLOR_FORCE for recordings.
    private static func wantsColour(_ descriptor: Int32) -> Bool {
        if let value = getenv("NO_COLOR"), value.pointee != 0 { return false }
        if let value = getenv("CLICOLOR_FORCE"), value.pointee != 0, String(cString: value) != "0" { return true }
        if let value = getenv("TERM"), String(cString: value) == "dumb" { return false }
        return isatty(descriptor) == 1
    }

    func line(_ text: String = "") {
        hasTransientLine.withLock { shown in
            write(1, (shown ? "\r\u{1B}[K" : "") + text + "\n")
            shown = false
        }
    }

    /// Shows a line that the next one replaces; nothing where nobody watches.
    func transient(_ text: String) {
        guard isInteractive else { return }
        hasTransientLine.withLock { shown in
            write(1, "\r\u{1B}[K" + text)
            shown = true
        }
    }

    func clearTransient() {
        hasTransientLine.withLock { shown in
            if shown { write(1, "\r\u{1B}[K") }
            shown = false
        }
    }

    func error(_ text: String) {
        clearTransient()
        write(2, text + "\n")
    }

    func fail(_ message: String) { error("\(errorStyle.red("error:")) \(message)") }
    func warn(_ message: String) { error("\(errorStyle.yellow("warning:")) \(message)") }

    private func write(_ descriptor: Int32, _ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)[...]
            while !rest.isEmpty {
                let written = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest))
                guard written > 0 || (written < 0 && errno == EINTR) else { return }
                rest = rest.dropFirst(max(0, written))
            }
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}

/// Colours, or nothing.
struct Style: Sendable {
    var isOn: Bool

    func bold(_ text: String) -> String { paint("1", text) }
    func dim(_ text: String) -> String { paint("2", text) }
    func red(_ text: String) -> String { paint("31", text) }
    func green(_ text: String) -> String { paint("32", text) }
    func yellow(_ text: String) -> String { paint("33", text) }
    func cyan(_ text: String) -> String { paint("36", text) }

    private func paint(_ code: String, _ text: String) -> String {
        isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// An execution's status in its colour.
    func status(_ status: String, padded width: Int = 0) -> String {
        let text = status.padded(to: width)
        return switch status {
        case "SUCCEEDED": green(text)
        case "RUNNING": cyan(text)
        case "FAILED", "TIMED_OUT", "ABORTED": red(text)
        default: text
        }
    }
}

extension String {
    /// With spaces after it, up to a width in characters.
    func padded(to width: Int) -> String {
        let missing = width - count
        return missing > 0 ? self + String(repeating: " ", count: missing) : self
    }

    /// On one line, and no longer than so many characters.
    func shortened(to width: Int) -> String {
        let flat = String(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
        return flat.count > width ? flat.prefix(max(0, width - 1)) + "…" : flat
    }
}
