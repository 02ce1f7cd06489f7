import Testing

@testable import AMQPBroker

/// What nobody listens to is not sent, and nobody is forgotten.
@Suite struct UnheardKeysTests {
    @Test func `a key is tried again after a moment`() {
        let keys = UnheardKeys()
        let now = ContinuousClock.now
        #expect(!keys.isUnheard("a", at: now))
        keys.cameBack(["a"], at: now)
        #expect(keys.isUnheard("a", at: now + .milliseconds(99)))
        #expect(!keys.isUnheard("b", at: now))
        #expect(!keys.isUnheard("a", at: now + UnheardKeys.silence))
        #expect(!keys.isUnheard("a", at: now))
    }

    @Test func `there is an end to what is remembered`() {
        let keys = UnheardKeys()
        let now = ContinuousClock.now
        keys.cameBack((0..<UnheardKeys.limit).map(String.init), at: now)
        #expect(keys.isUnheard("0", at: now))
        keys.cameBack(["new"], at: now)
        #expect(keys.isUnheard("new", at: now))
        #expect(!keys.isUnheard("0", at: now))
    }
}
