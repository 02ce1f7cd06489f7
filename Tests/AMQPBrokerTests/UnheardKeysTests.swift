import Testing

@testable import AMQPBroker

/// What nobody listens to is not sent, and nobody is forgotten.
@Suite struct UnheardKeysTests {
    typealias Keys = UnheardKeys<Int>

    let keys = Keys()
    let now = ContinuousClock.now
    var later: ContinuousClock.Instant { now + Keys.silence }

    func admits(_ message: Int, bytes: Int = 1, to key: String = "a", at time: ContinuousClock.Instant) -> Bool {
        keys.admit(message, bytes: bytes, to: key, at: time)
    }

    @Test func `a key is left alone for a moment, and then asked after by one message`() {
        #expect(admits(1, at: now))
        #expect(admits(2, at: now))
        keys.cameBack(["a", "a"], at: now)
        #expect(!admits(3, at: later - .milliseconds(1)))
        #expect(admits(4, to: "b", at: now))
        #expect(admits(5, at: later))
        #expect(!admits(6, at: later + Keys.silence * 2))
        keys.cameBack(["a"], at: later)
        #expect(!admits(7, at: later))
        #expect(keys.wereTaken(["a", "b"]).isEmpty)
    }

    @Test func `what waits for the one that asks follows it, in order`() {
        keys.cameBack(["a"], at: now)
        #expect(admits(1, at: later))
        #expect(!admits(2, at: later))
        #expect(!admits(3, at: later))
        #expect(keys.wereTaken(["b", "a", "a"]) == [2, 3])
        #expect(admits(4, at: later))
        #expect(admits(5, at: later))
        #expect(keys.wereTaken(["a"]).isEmpty)
    }

    @Test func `what waits is lost with the one that asks, and the key is asked after again`() {
        keys.cameBack(["a"], at: now)
        #expect(admits(1, at: later))
        #expect(!admits(2, at: later))
        keys.wereLost(["a"])
        #expect(admits(3, at: later))
        #expect(admits(4, at: later))
        #expect(keys.wereTaken(["a"]).isEmpty)
    }

    @Test func `what is lost says nothing about a key that is silent`() {
        keys.cameBack(["a"], at: now)
        keys.wereLost(["a"])
        #expect(!admits(1, at: now))
    }

    @Test func `there is an end to what waits, and what is beyond it is sent`() {
        keys.cameBack(["a", "b"], at: now)
        #expect(admits(-1, at: later))
        for number in 0..<Keys.waitingMessages { #expect(!admits(number, bytes: 0, at: later)) }
        #expect(admits(-2, at: later))
        #expect(keys.wereTaken(["a"]) == Array(0..<Keys.waitingMessages))

        #expect(admits(-1, to: "b", at: later))
        #expect(!admits(1, bytes: Keys.waitingBytes - 1, to: "b", at: later))
        #expect(admits(-2, bytes: 2, to: "b", at: later))
        #expect(!admits(2, bytes: 1, to: "b", at: later))
        #expect(keys.wereTaken(["b"]) == [1, 2])
    }

    @Test func `there is an end to what is remembered, except for what waits`() {
        keys.cameBack(["asked"], at: now)
        #expect(admits(1, to: "asked", at: later))
        #expect(!admits(2, to: "asked", at: later))
        keys.cameBack((1..<Keys.limit).map(String.init), at: later)
        #expect(!admits(3, to: "1", at: later))
        keys.cameBack(["new"], at: later)
        #expect(!admits(4, to: "new", at: later))
        #expect(admits(5, to: "1", at: later))
        #expect(keys.wereTaken(["asked"]) == [2])
    }
}
