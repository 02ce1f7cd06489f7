import StatesLanguage

extension State {
    var eventKind: JournalEvent.StateKind {
        switch kind {
        case .pass: .pass
        case .task: .task
        case .choice: .choice
        case .wait: .wait
        case .succeed: .succeed
        case .fail: .fail
        case .parallel: .parallel
        case .map: .map
        }
    }

    var retriers: [Retrier] {
        switch kind {
        case .task(let state): state.retry
        case .parallel(let state): state.retry
        case .map(let state): state.retry
        default: []
        }
    }

    var catchers: [Catcher] {
        switch kind {
        case .task(let state): state.catchers
        case .parallel(let state): state.catchers
        case .map(let state): state.catchers
        default: []
        }
    }

    /// The state after this one; nil where the scope ends.
    var next: String? {
        if case .next(let name)? = transition { name } else { nil }
    }
}
