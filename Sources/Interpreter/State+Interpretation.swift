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

    /// Whether its result, once ResultPath has put it in its place, is its output, and sets nothing.
    @inline(__always)
    var handsOnResults: Bool {
        guard assign == nil, output == nil, case .whole = outputPath else { return false }
        return true
    }

    /// The state after this one; nil where the scope ends.
    var next: String? {
        if case .next(let name)? = transition { name } else { nil }
    }
}

extension ResultPath {
    @inline(__always)
    var isReplacing: Bool { if case .replace = self { true } else { false } }
}
