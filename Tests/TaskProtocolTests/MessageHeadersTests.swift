import TaskProtocol
import Testing

@Suite struct MessageHeadersTests {
    @Test(arguments: [
        (HeaderName.version, "baton-protocol"), (.execution, "baton-execution"),
        (.stateMachine, "baton-state-machine"), (.state, "baton-state"), (.attempt, "baton-attempt"),
        (.heartbeatSeconds, "baton-heartbeat-seconds"), (.deadline, "baton-deadline"), (.traceparent, "traceparent"),
        (.worker, "baton-worker"), (.duration, "baton-duration-ms"), (.batch, "baton-batch"), (.queue, "baton-queue"),
        (.deadReason, "baton-dead-reason"), (.deadQueue, "baton-dead-queue"),
    ])
    func `a known name is told by its text`(name: HeaderName, text: String) {
        #expect(name.text == text)
        #expect(HeaderName(text) == name)
        // One that is as long and differs in one place is another.
        for index in text.indices {
            let other = text.replacingCharacters(at: index, with: "Z")
            #expect(HeaderName(other) == .other(other))
        }
    }

    @Test func `order has no meaning, and a value is replaced where it stands`() {
        var headers: MessageHeaders = ["a": 1, .worker: "w", "b": 2]
        let turned: MessageHeaders = ["b": 2, "a": 1, .worker: "w"]
        #expect(headers == turned)
        #expect(headers.hashValue == turned.hashValue)
        headers["a"] = 3
        #expect(headers != turned)
        #expect(headers.map(\.key) == ["a", .worker, "b"])
        headers[.worker] = nil
        headers[.version] = nil
        #expect(headers.map(\.key) == ["a", "b"])
        #expect(headers[.worker] == nil)
    }
}

extension String {
    fileprivate func replacingCharacters(at index: Index, with character: Character) -> String {
        String(self[..<index]) + String(character) + String(self[self.index(after: index)...])
    }
}
