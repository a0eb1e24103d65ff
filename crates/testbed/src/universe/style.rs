use super::Dice;

/// How a server is made, and so where its tools are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `@mcp.tool()` over functions with docstrings.
    PythonDecorator,
    /// `@mcp.tool(name=..., description=...)`.
    PythonNamed,
    /// `mcp.tool(name=...)(self.method)` in a class of another module.
    PythonMethod,
    /// `mcp.add_tool(function, name=..., description=...)`.
    PythonAddTool,
    /// A list of `Tool(...)` from a `list_tools` handler.
    PythonList,
    /// `server.tool(name, description, shape, handler)`.
    NodeTool,
    /// `server.registerTool(name, {...}, handler)`.
    NodeRegister,
    /// A list of objects from a `tools/list` handler.
    NodeList,
    /// A remote that wants `initialize` and a session.
    Streamable,
    /// A remote of the stateless form.
    Stateless,
    /// A remote that answers on an event stream.
    Sse,
    /// A remote that lists nothing without a token.
    Closed,
}

/// How a server spells its tools' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    Snake,
    Camel,
    Kebab,
}

/// The styles, each as often as its part of a hundred.
const SHARES: [(Style, u64); 12] = [
    (Style::PythonDecorator, 20),
    (Style::PythonNamed, 8),
    (Style::PythonMethod, 8),
    (Style::PythonAddTool, 4),
    (Style::PythonList, 8),
    (Style::NodeTool, 12),
    (Style::NodeRegister, 14),
    (Style::NodeList, 10),
    (Style::Streamable, 8),
    (Style::Stateless, 4),
    (Style::Sse, 2),
    (Style::Closed, 2),
];

impl Style {
    pub(crate) fn roll(dice: &mut Dice) -> Self {
        let mut left = dice.below(SHARES.iter().map(|(_, share)| share).sum());
        for (style, share) in SHARES {
            if left < share {
                return style;
            }
            left -= share;
        }
        Self::PythonDecorator
    }

    pub(crate) fn is_python(self) -> bool {
        use Style::{PythonAddTool, PythonDecorator, PythonList, PythonMethod, PythonNamed};
        matches!(self, PythonDecorator | PythonNamed | PythonMethod | PythonAddTool | PythonList)
    }

    pub(crate) fn is_node(self) -> bool {
        matches!(self, Self::NodeTool | Self::NodeRegister | Self::NodeList)
    }

    pub(crate) fn is_remote(self) -> bool {
        !self.is_python() && !self.is_node()
    }

    /// The first part of a remote's path.
    pub(crate) fn transport(self) -> &'static str {
        if self == Self::Sse { "sse" } else { "mcp" }
    }

    pub(crate) fn spelling(self) -> Spelling {
        match self {
            Self::NodeTool | Self::Streamable => Spelling::Camel,
            Self::PythonNamed | Self::NodeRegister => Spelling::Kebab,
            _ => Spelling::Snake,
        }
    }
}
