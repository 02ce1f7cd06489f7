import JSONValue
import Logging
import Telemetry

/// A damaged store. To try again would change nothing, and to go on with what can still be read would act on half a
/// truth: the engine stops, says so, and waits for somebody to put the store right and start it anew.
extension EngineCore {
    mutating func stopForGood(_ events: [EngineEvent], _ error: StoreError, at now: Timestamp) -> Effects {
        damage = error
        storeFailure = error
        logger.critical(
            "the database is damaged: nothing is accepted any more until it is restored",
            metadata: ["reason": "\(error.message)"])
        var effects = turnAway(deferred + events, error, at: now)
        for event in giveUpComputations() { effects.merge(turnAway([event], error, at: now)) }
        return effects
    }

    /// Whoever waits is told. What came from the broker stays there, unacknowledged: it comes again after the restart.
    mutating func turnAway(_ events: [EngineEvent], _ error: StoreError, at now: Timestamp) -> Effects {
        var effects = Effects()
        let refusal = ServiceError(.serviceUnavailable, error.message)
        for event in events {
            switch event {
            // Those who read items wait for no second attempt.
            case .mapItems(_, let reply): effects.replies.append { reply(.failure(refusal)) }
            case .drain(_, let reply): effects.replies.append { reply(.success(())) }
            default: postpone(event, error, at: now, &effects)
            }
        }
        if !lostReplies.isEmpty {
            effects.replies += lostReplies
            lostReplies = []
        }
        deferred = []
        retryAt = nil
        drainIfDone(at: now, &effects)
        return effects
    }
}
