//! valibot: `v.object({ q: v.pipe(v.string(), v.description("…")) })`.

use std::rc::Rc;

use serde_json::Value as Json;

use super::{Answer, Read};
use crate::fold::{Interp, Made, Place, Value};
use crate::javascript::recipes::last;
use crate::javascript::{Script, arg};

impl Script<'_> {
    /// The schema that a function of the library makes.
    pub(super) fn read_valibot(&self, interp: &mut Interp, made: &Rc<Made>, place: &Place, depth: usize) -> Answer {
        let name = made.callee.path().map(last).unwrap_or_default();
        let args = &made.args;
        Ok(match name {
            "pipe" | "pipeAsync" => {
                let mut read = self.read(interp, &arg(args, 0), place, depth + 1)?;
                for action in args.positional.iter().skip(1) {
                    read = self.action(interp, read, action, place);
                }
                read
            }
            "optional" | "nullish" | "undefinedable" | "exactOptional" => {
                let read = self.read(interp, &arg(args, 0), place, depth + 1)?.optional();
                let read = if name == "nullish" { read.nullable() } else { read };
                match self.json(interp, &arg(args, 1), false, place) {
                    Ok(value) if args.positional.len() > 1 => read.set("default", value),
                    _ => read,
                }
            }
            "picklist" => self.factory(interp, "enum", args, false, place, depth)?,
            "variant" => self.factory(interp, "discriminatedUnion", args, false, place, depth)?,
            "intersect" => {
                let items = interp.iterate(&arg(args, 0), place).values;
                let all: Result<Vec<Json>, _> =
                    items.iter().map(|item| self.read(interp, item, place, depth + 1).map(Read::json)).collect();
                Read::default().set("allOf", all?)
            }
            "partial" => {
                let mut read = self.read(interp, &arg(args, 0), place, depth + 1)?;
                read.json.remove("required");
                read
            }
            name => self.factory(interp, name, args, false, place, depth)?,
        })
    }

    /// What one step of a pipe adds.
    fn action(&self, interp: &mut Interp, read: Read, action: &Value, place: &Place) -> Read {
        let Value::Made(made) = action else { return read };
        let value = arg(&made.args, 0);
        match (made.callee.path().map(last).unwrap_or_default(), &value) {
            (key @ ("description" | "title"), Value::Str(text)) => read.set(key, &**text),
            ("metadata", _) => {
                let meta = self.json(interp, &value, false, place).unwrap_or_default();
                let known = meta.as_object().into_iter().flatten();
                known.fold(read, |read, (key, value)| read.set(key, value.clone()))
            }
            ("integer", _) => read.set("type", "integer"),
            ("minValue", _) => self.checked(read, "min", &value),
            ("maxValue", _) => self.checked(read, "max", &value),
            (name, _) => self.checked(read, name, &value),
        }
    }
}
