import Testing

@Suite struct StateTestTests {}
