import JSONValue
import Testing

@Suite struct PositionedJSONTests {
    private let text = """
        {
          "States": {
            "é": {"Type": "Pass", "a/b~c": [1,
              {"x": null}]}
          },
          "States": 2
        }
        """

    @Test func `values and keys have places`() throws {
        let text = self.text.replacing("\"States\": 2", with: "\"Other\": 2")
        let document = try PositionedJSON.parse(text)
        #expect(document.position(of: "") ?? (0, 0) == (1, 1))
        #expect(document.position(of: "/States") ?? (0, 0) == (2, 13))
        #expect(document.keyPosition(of: "/States") ?? (0, 0) == (2, 3))
        #expect(document.position(of: "/States/é/Type") ?? (0, 0) == (3, 19))
        #expect(document.keyPosition(of: "/States/é/Type") ?? (0, 0) == (3, 11))
        #expect(document.position(of: "/States/é/a~1b~0c/0") ?? (0, 0) == (3, 37))
        #expect(document.keyPosition(of: "/States/é/a~1b~0c/0") == nil)
        #expect(document.position(of: "/States/é/a~1b~0c/1/x") ?? (0, 0) == (4, 13))
        #expect(document.position(of: "/States/e") == nil)
        #expect(document.duplicateKeys.isEmpty)
        #expect(document.value == (try JSON(parsing: text)))
    }

    @Test func `repeated keys are named`() throws {
        let document = try PositionedJSON.parse(text)
        #expect(document.duplicateKeys == ["/States"])
        #expect(document.value["States"] == 2)
        #expect(document.position(of: "/States") ?? (0, 0) == (6, 13))
    }

    @Test(
        arguments: [
            ("", "whole"), ("/a", "object"), ("/a/b~1c", 1), ("/a/~0", 2), ("/a/~01", 3), ("/a/", 4), ("/l/0", "first"),
        ] as [(String, JSON)])
    func `pointers find values`(pointer: String, expected: JSON) throws {
        let inner: JSON = ["b/c": 1, "~": 2, "~1": 3, "": 4]
        let document: JSON = ["a": inner, "l": ["first"]]
        let found = try #require(document.value(at: pointer))
        switch pointer {
        case "": #expect(found == document)
        case "/a": #expect(found == inner)
        default: #expect(found == expected)
        }
    }

    @Test(arguments: ["a", "/b", "/l/1", "/l/-", "/l/00", "/l/first", "/a/b/c", "/l/0/x"])
    func `pointers to nothing find nothing`(pointer: String) {
        let document: JSON = ["a": ["b/c": 1], "l": ["first"]]
        #expect(document.value(at: pointer) == nil)
    }

    @Test(arguments: ["", "a", "~", "/", "~1", "a~/b", "~~//", "\u{301}"])
    func `tokens are escaped and back`(key: String) {
        #expect(JSONPointer.unescape(JSONPointer.escape(key)) == key)
        let document = JSON.object(JSONObject([(key, JSON.int(7))]))
        #expect(document.value(at: JSONPointer.appending(key, to: "")) == 7)
    }
}
