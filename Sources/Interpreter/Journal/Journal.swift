package import JSONValue

/// The journal as stored: a JSON array that people can read in the database.
package enum Journal {
    package static func encode(_ events: [JournalEvent]) -> [UInt8] { encoded(events).bytes }

    /// As ``encode(_:)``, and remembers what it wrote.
    package static func encoded(_ events: [JournalEvent]) -> EncodedEvents {
        var writer = ObjectWriter(reserving: events.count * 256)
        // Where they are: taking them out of the array would copy each.
        events.withUnsafeBufferPointer { events in
            writer.array(separator: ",\n", events.indices) { writer, place in
                writer.object { add(events[place], to: &$0) }
            }
        }
        return EncodedEvents(bytes: writer.bytes, latest: writer.latest)
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
                events.append(try event(from: element))
            } catch {
                throw JournalError(message: error.message, offset: offset)
            }
        }
        return events
    }

    // Inlined, so that the event is not copied.
    @inline(__always)
    private static func add(_ event: JournalEvent, to writer: inout ObjectWriter) {
        writer.add("id", event.id)
        writer.add("previous", event.previousID)
        writer.add("time", event.time)
        writer.add("scope", event.scope)
        let (type, ending) = History.typeParts(of: event.kind)
        writer.add("type", type, ending)
        addPayload(of: event.kind, to: &writer)
    }
}

/// The text of a step's events.
package struct EncodedEvents {
    package let bytes: [UInt8]
    fileprivate let latest: WrittenObject

    /// A value as compact JSON: copied, where the events end with it.
    package func text(of value: JSON) -> [UInt8] {
        if case .object(let object) = value, let place = latest.place(of: object) { return Array(bytes[place]) }
        var bytes: [UInt8] = []
        value.serialize(into: &bytes)
        return bytes
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
