package import JSONValue

/// The journal as stored: a JSON array that people can read in the database.
package enum Journal {
    package static func encode(_ events: [JournalEvent]) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        for (position, event) in events.enumerated() {
            if position > 0 { bytes.append(contentsOf: ",\n".utf8) }
            json(of: event).serialize(into: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    /// Throws for anything that ``encode(_:)`` never makes.
    package static func decode(_ bytes: [UInt8]) throws(JournalError) -> [JournalEvent] {
        let value: JSON
        do throws(JSONError) {
            // What is stored was within the limits once, and is a few levels deeper here.
            value = try JSON(parsing: bytes, maximumDepth: JSON.maximumDepth + 16)
        } catch {
            throw JournalError(message: error.message, offset: nil)
        }
        guard case .array(let elements) = value else {
            throw JournalError(message: "a journal must be an array", offset: nil)
        }
        var events: [JournalEvent] = []
        events.reserveCapacity(elements.count)
        for (offset, element) in elements.enumerated() {
            do throws(FieldError) {
                events.append(try event(from: Fields(element)))
            } catch {
                throw JournalError(message: error.message, offset: offset)
            }
        }
        return events
    }

    /// One event, with the fields that the stored form has.
    package static func json(of event: JournalEvent) -> JSON {
        var members: [(String, JSON)] = []
        if let id = event.id { members.append(("id", .int(Int64(id)))) }
        members += [
            ("previous", .int(Int64(event.previousID))), ("time", .int(event.time.microseconds)),
            ("scope", .int(Int64(event.scope))), ("type", .string(History.type(of: event.kind))),
        ]
        return .object(JSONObject(members + payload(of: event.kind)))
    }
}

/// A stored journal or checkpoint that is not one.
package struct JournalError: Error, Sendable, Hashable {
    package let message: String
    /// Of the event in its list, from 0; nil where it is not about one event.
    package let offset: Int?

    package init(message: String, offset: Int?) {
        self.message = message
        self.offset = offset
    }
}
