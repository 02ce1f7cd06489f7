import Foundation
import JSONValue
package import Orchestrator

/// Reads what `FileExecutionLog` writes.
///
/// A position is `FILE:OFFSET`, the file by its number in the file system: it stays good while the file is renamed to
/// make room for the next one.
package struct LogFolder: ExecutionLogReader {
    private let places: LogPlaces
    private let folder: String
    private let limits: LogLimits
    /// Read at a time.
    private static let chunk = 1 << 20

    package init(folder: String, limits: LogLimits = LogLimits()) {
        places = LogPlaces(folder: folder)
        self.folder = folder
        self.limits = limits
    }

    package func logGroups() throws(ServiceError) -> [String] {
        guard let files = FileManager.default.enumerator(atPath: folder) else { return [] }
        var groups: [String] = []
        for case let path as String in files {
            if let group = LogPlaces.group(ofFile: path) { groups.append(group) }
        }
        return groups.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func events(
        logGroup: String, from position: String?, newest: Bool, limit: Int
    ) throws(ServiceError) -> LogPage {
        let files = generations(of: logGroup)
        guard !files.isEmpty else {
            throw ServiceError(.resourceNotFound, "Nothing was logged to the log group '\(logGroup)'")
        }
        var page = LogPage(events: [], position: position ?? "")
        var (index, offset) = try start(position, in: files)
        if position == nil, newest { (index, offset) = (files.count - 1, tail(of: files[files.count - 1], limit)) }
        while index < files.count {
            let file = files[index]
            guard let handle = FileHandle(forReadingAtPath: file.path) else { break }
            defer { try? handle.close() }
            do {
                try handle.seek(toOffset: offset)
                while page.events.count < limit, let data = try handle.read(upToCount: Self.chunk), !data.isEmpty {
                    let taken = take(data, limit - page.events.count, into: &page.events)
                    offset += UInt64(taken)
                    // A line that is longer than a chunk cannot be: payloads are smaller.
                    guard taken == data.count || page.events.count < limit, taken > 0 else { break }
                    try handle.seek(toOffset: offset)
                }
            } catch {
                throw ServiceError(.serviceUnavailable, "The log \(file.path) cannot be read: \(error)")
            }
            page.position = "\(file.number):\(offset)"
            if page.events.count >= limit { break }
            index += 1
            if index < files.count { offset = 0 }
        }
        return page
    }

    // MARK: Files

    private struct Generation {
        var path: String
        var number: UInt64
        var size: UInt64
    }

    /// The oldest first.
    private func generations(of group: String) -> [Generation] {
        let path = places.place(of: group).file
        let names = (0...max(0, limits.keptFiles)).reversed().map { $0 == 0 ? path : "\(path).\($0)" }
        return names.compactMap { name in
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: name),
                let number = attributes[.systemFileNumber] as? NSNumber, let size = attributes[.size] as? NSNumber
            else { return nil }
            return Generation(path: name, number: number.uint64Value, size: size.uint64Value)
        }
    }

    private func start(
        _ position: String?, in files: [Generation]
    ) throws(ServiceError) -> (index: Int, offset: UInt64) {
        guard let position else { return (0, 0) }
        let parts = position.split(separator: ":")
        guard parts.count == 2, let number = UInt64(parts[0]), let offset = UInt64(parts[1]) else {
            throw ServiceError(.validation, "'\(position)' is no position in a log")
        }
        // A file that is gone was the oldest: what follows it is the oldest now.
        guard let index = files.firstIndex(where: { $0.number == number }) else { return (0, 0) }
        return (index, min(offset, files[index].size))
    }

    /// Where the last `limit` lines begin, within the last chunk.
    private func tail(of file: Generation, _ limit: Int) -> UInt64 {
        let from = file.size - min(file.size, UInt64(Self.chunk))
        guard let handle = FileHandle(forReadingAtPath: file.path) else { return from }
        defer { try? handle.close() }
        guard (try? handle.seek(toOffset: from)) != nil, let data = try? handle.readToEnd() else { return from }
        let ends = data.indices.filter { data[$0] == UInt8(ascii: "\n") }
        if ends.count > limit { return from + UInt64(ends[ends.count - 1 - limit] - data.startIndex + 1) }
        guard from > 0, let first = ends.first else { return from }
        return from + UInt64(first - data.startIndex + 1)
    }

    /// Adds the whole lines of `data`, as many as `limit`; returns their bytes.
    private func take(_ data: Data, _ limit: Int, into events: inout [JSON]) -> Int {
        var begin = data.startIndex
        var count = 0
        while count < limit, let end = data[begin...].firstIndex(of: UInt8(ascii: "\n")) {
            // A line that the system's end cut in two is nobody's event.
            if let event = try? JSON(parsing: Array(data[begin..<end])) { events.append(event) }
            count += 1
            begin = data.index(after: end)
        }
        return begin - data.startIndex
    }
}
