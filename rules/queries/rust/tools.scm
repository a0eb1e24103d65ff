; rmcp: #[tool(name = "…", description = "…", annotations(…))] on a function; else its documentation comment.
((function_item name: (identifier) @tool.function) @tool
 (#set! method "rust:tool-attribute"))

((attribute_item (attribute [(identifier) @_a (scoped_identifier name: (identifier) @_a)])) @tool.mark
 (#eq? @_a "tool"))

((attribute
   [(identifier) @_a (scoped_identifier name: (identifier) @_a)]
   arguments: (token_tree (identifier) @_k . "=" . (_) @tool.name))
 (#eq? @_a "tool")
 (#eq? @_k "name"))

((attribute
   [(identifier) @_a (scoped_identifier name: (identifier) @_a)]
   arguments: (token_tree (identifier) @_k . "=" . (_) @tool.title))
 (#eq? @_a "tool")
 (#eq? @_k "title"))

((attribute
   [(identifier) @_a (scoped_identifier name: (identifier) @_a)]
   arguments: (token_tree (identifier) @_k . "=" . (_) @tool.description))
 (#eq? @_a "tool")
 (#eq? @_k "description"))

((attribute
   [(identifier) @_a (scoped_identifier name: (identifier) @_a)]
   arguments: (token_tree (identifier) @_n . (token_tree (identifier) @_k . "=" . (_) @tool.annotation_title)))
 (#eq? @_a "tool")
 (#eq? @_n "annotations")
 (#eq? @_k "title"))

((attribute
   [(identifier) @_a (scoped_identifier name: (identifier) @_a)]
   arguments: (token_tree (identifier) @_n . (token_tree (identifier) @_k . "=" . (_) @tool.read_only)))
 (#eq? @_a "tool")
 (#eq? @_n "annotations")
 (#eq? @_k "read_only_hint"))

((attribute
   [(identifier) @_a (scoped_identifier name: (identifier) @_a)]
   arguments: (token_tree (identifier) @_n . (token_tree (identifier) @_k . "=" . (_) @tool.destructive)))
 (#eq? @_a "tool")
 (#eq? @_n "annotations")
 (#eq? @_k "destructive_hint"))

((attribute
   [(identifier) @_a (scoped_identifier name: (identifier) @_a)]
   arguments: (token_tree (identifier) @_n . (token_tree (identifier) @_k . "=" . (_) @tool.idempotent)))
 (#eq? @_a "tool")
 (#eq? @_n "annotations")
 (#eq? @_k "idempotent_hint"))

((attribute
   [(identifier) @_a (scoped_identifier name: (identifier) @_a)]
   arguments: (token_tree (identifier) @_n . (token_tree (identifier) @_k . "=" . (_) @tool.open_world)))
 (#eq? @_a "tool")
 (#eq? @_n "annotations")
 (#eq? @_k "open_world_hint"))

(line_comment outer: (_) doc: (doc_comment) @tool.doc @field.doc)

; The input: Parameters<T>.
((function_item
   parameters: (parameters
     (parameter
       type: (generic_type
         type: [(type_identifier) @_p (scoped_type_identifier name: (type_identifier) @_p)]
         type_arguments: (type_arguments . (_) @tool.input))))) @tool
 (#eq? @_p "Parameters"))

; Before Parameters<T>: #[tool(param)] before each argument, or #[tool(aggr)] before one that holds all.
((function_item
   parameters: (parameters (parameter pattern: (identifier) @parameter.name type: (_) @parameter.type) @parameter)) @tool
 (#set! marked_only ""))

((attribute (identifier) @_a arguments: (token_tree (identifier) @parameter.mark))
 (#eq? @_a "tool")
 (#eq? @parameter.mark "param"))

((parameters
   (attribute_item (attribute (identifier) @_a arguments: (token_tree (identifier) @_k)))
   .
   (parameter type: (_) @tool.input))
 (#eq? @_a "tool")
 (#eq? @_k "aggr"))

; Types, as serde and schemars read them.
(struct_item name: (type_identifier) @record.name) @record

(field_declaration name: (field_identifier) @field.name type: (_) @field.type) @field

((attribute (identifier) @_a arguments: (token_tree (identifier) @_k . "=" . (_) @field.rename))
 (#eq? @_a "serde")
 (#eq? @_k "rename"))

((attribute (identifier) @_a arguments: (token_tree "default" @field.optional))
 (#eq? @_a "serde"))

((attribute (identifier) @_a arguments: (token_tree (identifier) @_k . "=" . (_) @field.description @parameter.description))
 (#eq? @_a "schemars")
 (#eq? @_k "description"))

((attribute (identifier) @_a arguments: (token_tree (identifier) @_k . "=" . (_) @record.case @enum.case))
 (#eq? @_a "serde")
 (#eq? @_k "rename_all"))

(enum_item
  name: (type_identifier) @enum.name
  body: (enum_variant_list (enum_variant name: (identifier) @enum.value))) @enum

(enum_variant body: (_) @enum.compound)

(const_item name: (identifier) @constant.name value: (_) @constant.value) @constant

(static_item name: (identifier) @constant.name value: (_) @constant.value) @constant

; Tests.
((mod_item name: (identifier) @_m) @excluded
 (#match? @_m "^tests?$"))
