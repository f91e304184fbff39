// The generated messages, without their package.
typealias Everything = Test_Everything
typealias Leaf = Test_Leaf
typealias Node = Test_Node

extension Leaf {
  init(_ name: String) { self.init(name: name) }
}
