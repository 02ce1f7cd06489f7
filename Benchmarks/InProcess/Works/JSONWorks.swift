import JSONValue

/// Payloads as workflows have them: objects of objects, texts, numbers.
enum JSONWorks {
    static let all = [
        Work("json/parse", unit: "MB/s", least: 100, count: megabytes, calls: 10_000) {
            let bytes = Array(document.description.utf8)
            return { _ = try JSON(parsing: bytes) }
        },
        Work("json/print", unit: "MB/s", least: 100, count: megabytes, calls: 25_000) {
            let document = Self.document
            let size = document.description.utf8.count
            return {
                guard document.serialized().utf8.count == size else { throw WorkFailed("printed another size") }
            }
        },
    ]

    private static let megabytes = Double(document.description.utf8.count) / 1e6

    private static let document: JSON = {
        let orders = (0..<40).map { number -> JSON in
            [
                "id": .string("order-\(100_000 + number)"), "paid": .bool(number.isMultiple(of: 3)),
                "total": .double(Double(number) * 19.99), "quantity": .int(Int64(number)), "coupon": .null,
                "customer": [
                    "name": "Grace Hopper", "email": "grace@example.com", "note": "says \"call back\"\nafter five",
                ],
                "items": ["anchor", "rope", "lantern"],
            ]
        }
        return ["orders": .array(orders)]
    }()
}
