/// What JSONata's reference implementation, jsonata-js 2.2.2 on Node 20, does in a second on two virtual cores of an
/// AMD EPYC: the best of three runs.
///
/// Another machine is faster or slower. How fast the same Node reads the same document tells by how much, so the times
/// are also compared in units of that: an evaluation divided by a reading of its document, here and there.
enum ReferenceRates {
    /// Evaluations of the cases of the benchmark.
    private static let evaluations: [String: Double] = [
        "path-navigation": 207_486, "account-sum": 61_754, "account-groupby": 44_121, "join": 7_379,
        "filter-aggregate": 1_204, "map-objects": 142, "strings": 191, "sort": 204, "group-by": 937,
        "descendants": 650, "recursion": 119, "hof-reduce": 316, "asl-output": 34_896,
    ]
    /// `JSON.parse` of its documents.
    private static let reads: [String: Double] = ["dataset5": 248_500, "library": 188_400, "orders": 2_030]

    static func evaluations(of name: String) -> Double? { evaluations[name] }
    static func reads(of document: String) -> Double? { reads[document] }
}
