import Testing

@testable import CoreGRPCGenerator

@Suite("Options") struct OptionTests {
  private static let things = """
    syntax = "proto3";
    package things;
    message Thing { bytes content = 1; }
    service Shop { rpc Buy (Thing) returns (Thing) {} }
    """

  private func error(of parameter: String) -> String? {
    do {
      _ = try GeneratorOptions(parameter) { (_) throws(GeneratorError) in "a/ = A, CA\n" }
      return nil
    } catch {
      return error.description
    }
  }

  @Test("Every option is read")
  func allOptions() throws {
    let options = try GeneratorOptions(
      "Visibility=Package,Client=false,Server=false,Messages=false,C=false,Bytes=Data,FileNaming=DropPath,"
        + "Layout=Targets,CModule=CThings,SwiftModule=Things,ModuleMappings=map"
    ) { (path) throws(GeneratorError) in
      #expect(path == "map")
      return "a/ = A, CA # a comment\n\na/b/ = B\n"
    }
    #expect(options.visibility == .package && options.bytes == .data && options.fileNaming == .dropPath)
    #expect(!options.generatesClient && !options.generatesServer && !options.generatesMessages && !options.generatesC)
    #expect(options.layout == .targets && options.cModule == "CThings" && options.swiftModule == "Things")
    #expect(options.mappings.modules(ofFile: "a/x.proto")?.c == "CA")
    #expect(options.mappings.modules(ofFile: "a/b/x.proto")?.swift == "B")
    #expect(options.mappings.modules(ofFile: "b/x.proto") == nil)
  }

  @Test(
    "An error of an option says what is wrong, and names the options that exist",
    arguments: [
      ("Visiblity=Public", "there is no option “Visiblity”; the options are Bytes, C, CModule, Client, FileNaming,"),
      ("Visibility=public", "the option Visibility cannot be “public”; it can be Public or Package or Internal"),
      ("Client=yes", "the option Client cannot be “yes”; it can be true or false"),
      ("Bytes", "the option Bytes cannot be “”; it can be Array or Data"),
      ("CModule=C-Things", "the option CModule is the name of a module, which “C-Things” cannot be"),
      ("Layout=Targets,SwiftModule=Things", "the option Layout=Targets needs the option CModule"),
      ("Layout=BuildPlugin", "the option Layout=BuildPlugin needs the option CModule"),
      ("Layout=Targets,CModule=CThings", "the option Layout=Targets needs the option SwiftModule"),
    ]
  )
  func wrongOptions(_ parameter: String, _ expected: String) throws {
    let message = try #require(error(of: parameter))
    #expect(message.hasPrefix(expected))
  }

  @Test(
    "An error of a mapping says what is wrong, with its line",
    arguments: [
      ("# nothing\na/ A", "map:2: a line has the form: path = SwiftModule, CModule"),
      ("a/ = A, B, C", "map:1: “A, B, C” is neither “SwiftModule” nor “SwiftModule, CModule”"),
      ("= A", "map:1: a line has the form: path = SwiftModule, CModule"),
    ]
  )
  func wrongMappings(_ text: String, _ expected: String) {
    #expect(throws: GeneratorError.self) {
      try GeneratorOptions("ModuleMappings=map") { (_) throws(GeneratorError) in text }
    }
    do {
      _ = try ModuleMappings(text, file: "map")
    } catch {
      #expect(error.description == expected)
    }
  }

  @Test("A wrong option is what protoc says, and ends it")
  func wrongOptionEndToEnd() async throws {
    let result = try await Protoc.run(["things.proto": Self.things], options: "Visibility=Open")
    #expect(result.status != 0)
    #expect(result.errors.contains("the option Visibility cannot be “Open”"))
    #expect(result.files.isEmpty)
  }

  @Test(
    "Folders of the files",
    arguments: [
      ("CModule=CThings", ["a/b/things.grpc.swift", "a/b/things.pb-c.c", "a/b/things.pb-c.h", "a/b/things.pb.swift"]),
      (
        "CModule=CThings,FileNaming=PathToUnderscores",
        ["a/b/things.pb-c.c", "a/b/things.pb-c.h", "a_b_things.grpc.swift", "a_b_things.pb.swift"]
      ),
      (
        "Layout=Targets,CModule=CThings,SwiftModule=Things,FileNaming=DropPath",
        [
          "CThings/a/b/things.pb-c.c", "CThings/include/a/b/things.pb-c.h", "Things/things.grpc.swift",
          "Things/things.pb.swift",
        ]
      ),
      ("CModule=CThings,C=false,Client=false,Server=false", ["a/b/things.pb.swift"]),
      ("Messages=false,C=false", ["a/b/things.grpc.swift"]),
    ]
  )
  func outputs(_ options: String, _ expected: [String]) async throws {
    let result = try await Protoc.run(["a/b/things.proto": Self.things], options: options)
    #expect(result.errors == "")
    #expect(result.files.keys.sorted() == expected)
  }

  @Test(
    "A build plugin knows the files of a .proto file by its name",
    arguments: [OptionTests.things, "syntax = \"proto3\";"],
    ["", ",Server=false", ",Client=false,Server=false"]
  )
  func buildPlugin(_ source: String, _ options: String) async throws {
    let layout = "Layout=BuildPlugin,CModule=CThings,FileNaming=PathToUnderscores\(options)"
    let swift = try await Protoc.run(["a/things.proto": source], options: "\(layout),C=false")
    #expect(swift.errors == "")
    #expect(swift.files.keys.sorted() == ["a_things.grpc.swift", "a_things.pb.swift"])
    let none = "Messages=false,Client=false,Server=false"
    let c = try await Protoc.run(["a/things.proto": source], options: "\(layout),\(none)")
    #expect(c.errors == "")
    #expect(c.files.keys.sorted() == ["a/things.pb-c.c", "include/a/things.pb-c.h", "include/module.modulemap"])
    let map = "module CThings {\n  header \"a/things.pb-c.h\"\n  export *\n}\n"
    #expect(c.files["include/module.modulemap"] == map)
  }

  @Test("Options set the visibility of the code, and the Swift type of bytes")
  func visibility() async throws {
    let files = try await Protoc.run(["t.proto": Self.things], options: "CModule=CThings,Bytes=Data").files
    let messages = try #require(files["t.pb.swift"])
    #expect(messages.contains("\nimport Foundation\n"))
    #expect(messages.contains("\nstruct Things_Thing: Message {"))
    #expect(messages.contains("  var content: Data = Data()\n"))
    #expect(messages.contains("decoder.bytes(message.content, as: Data.self)"))
    #expect(!messages.contains("public "))
    let package = try await Protoc.run(["t.proto": Self.things], options: "CModule=CThings,Visibility=Package").files
    #expect(package["t.pb.swift"]?.contains("\npackage struct Things_Thing: Message {") == true)
    #expect(package["t.grpc.swift"]?.contains("\npackage import CoreGRPC\n") == true)
  }

  @Test("Client only, server only")
  func clientAndServer() async throws {
    let client = try await Protoc.run(["t.proto": Self.things], options: "CModule=C,Server=false").files["t.grpc.swift"]
    #expect(client?.contains("struct Client") == true && client?.contains("ServiceProtocol") == false)
    let server = try await Protoc.run(["t.proto": Self.things], options: "CModule=C,Client=false").files["t.grpc.swift"]
    #expect(server?.contains("struct Client") == false && server?.contains("ServiceProtocol") == true)
  }

  @Test("A run for services alone has the names of the run that generates their messages")
  func servicesAlone() async throws {
    let sources = [
      "t.proto": """
      syntax = "proto3";
      message Item { message Part {} }
      service Shop { rpc Buy (Item) returns (Item.Part) {} }
      """
    ]
    let whole = try #require(try await Protoc.run(sources).files["t.grpc.swift"])
    #expect(whole.contains("Item.Part>") && !whole.contains("ItemMessage"))
    let alone = try await Protoc.run(sources, options: "Visibility=Public,Messages=false,C=false")
    #expect(alone.errors == "")
    #expect(alone.files == ["t.grpc.swift": whole])
    // The messages are in a module whose C is not named.
    let mapped = try await Protoc.run(
      sources,
      options: "Visibility=Public,Messages=false,C=false,ModuleMappings=FOLDER/modules.txt",
      extraFiles: ["modules.txt": "t.proto = Items\n"]
    )
    let importLine = "public import Items\n"
    #expect(mapped.files["t.grpc.swift"]?.contains(importLine) == true)
    #expect(mapped.files["t.grpc.swift"]?.replacing(importLine, with: "") == whole)
  }

  @Test("Messages of other modules are imported from where the mappings say")
  func mappings() async throws {
    let sources = [
      "shared/money.proto": """
      syntax = "proto3";
      package shared;
      import public "shared/currency.proto";
      message Money { Currency currency = 1; }
      """,
      "shared/currency.proto": """
      syntax = "proto3";
      package shared;
      enum Currency { CURRENCY_NONE = 0; }
      """,
      "shop.proto": """
      syntax = "proto3";
      package shop;
      import "shared/money.proto";
      import "google/protobuf/empty.proto";
      message Price { shared.Money money = 1; shared.Currency currency = 2; }
      service Shop { rpc Ask (google.protobuf.Empty) returns (Price) {} }
      """,
    ]
    let result = try await Protoc.run(
      sources,
      generating: ["shop.proto"],
      options: "Visibility=Public,CModule=CShop,ModuleMappings=FOLDER/modules.txt",
      extraFiles: ["modules.txt": "shared/ = Shared, CShared\n"]
    )
    #expect(result.errors == "")
    let messages = try #require(result.files["shop.pb.swift"])
    #expect(messages.contains("\n@_spi(GeneratedCode) public import Shared\n"))
    #expect(messages.contains("\nimport ProtobufCWellKnownTypes\n"))
    #expect(messages.contains("  public var money: Shared_Money?\n"))
    #expect(result.files["shop.grpc.swift"]?.contains("\npublic import ProtobufCWellKnownTypes\n") == true)
    // A file of the module itself is not imported.
    let own = try await Protoc.run(
      sources,
      options: "SwiftModule=Shared,CModule=CShared,ModuleMappings=FOLDER/modules.txt",
      extraFiles: ["modules.txt": "shared/ = Shared, CShared\n"]
    )
    #expect(own.files["shop.pb.swift"]?.contains("import Shared") == false)
  }
}
