//! Writes small mmdb files: a look-up tree over IPv4 networks, a data section, metadata.

/// An mmdb value.
pub(crate) enum Value<'a> {
    Text(&'a str),
    Map(Vec<(&'a str, Value<'a>)>),
    List(Vec<Value<'a>>),
    Short(u16),
    Int(u32),
    Long(u64),
}

fn write(value: &Value<'_>, out: &mut Vec<u8>) {
    let small = |kind: u8, size: usize| {
        assert!(size < 29, "longer values have another form");
        kind << 5 | size as u8
    };
    match value {
        Value::Text(text) => {
            out.push(small(2, text.len()));
            out.extend_from_slice(text.as_bytes());
        }
        Value::Map(members) => {
            out.push(small(7, members.len()));
            for (name, member) in members {
                write(&Value::Text(name), out);
                write(member, out);
            }
        }
        Value::List(items) => {
            out.extend_from_slice(&[small(0, items.len()), 4]);
            items.iter().for_each(|item| write(item, out));
        }
        Value::Short(number) => {
            out.push(small(5, 2));
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::Int(number) => {
            out.push(small(6, 4));
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::Long(number) => {
            out.extend_from_slice(&[small(0, 8), 2]);
            out.extend_from_slice(&number.to_be_bytes());
        }
    }
}

/// Where a branch of the tree leads.
#[derive(Clone, Copy)]
enum Branch {
    Nothing,
    Node(usize),
    Data(usize),
}

/// The bytes of a database of these networks (first octet, value).
pub(crate) fn database(networks: &[(u8, Value<'_>)]) -> Vec<u8> {
    let mut nodes = vec![[Branch::Nothing; 2]];
    let mut data = Vec::new();
    for (octet, value) in networks {
        let mut node = 0;
        for bit in (0..8).rev() {
            let side = usize::from(octet >> bit & 1);
            node = match nodes[node][side] {
                _ if bit == 0 => {
                    nodes[node][side] = Branch::Data(data.len());
                    break;
                }
                Branch::Node(next) => next,
                _ => {
                    nodes.push([Branch::Nothing; 2]);
                    nodes[node][side] = Branch::Node(nodes.len() - 1);
                    nodes.len() - 1
                }
            };
        }
        write(value, &mut data);
    }
    let mut out = Vec::new();
    for branch in nodes.iter().flatten() {
        let number = match branch {
            Branch::Nothing => nodes.len(),
            Branch::Node(node) => *node,
            Branch::Data(offset) => nodes.len() + 16 + offset,
        };
        out.extend_from_slice(&(number as u32).to_be_bytes()[1..]);
    }
    out.extend_from_slice(&[0; 16]);
    out.extend_from_slice(&data);
    out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let metadata = Value::Map(vec![
        ("node_count", Value::Int(nodes.len() as u32)),
        ("record_size", Value::Short(24)),
        ("ip_version", Value::Short(4)),
        ("database_type", Value::Text("test")),
        ("languages", Value::List(vec![Value::Text("en")])),
        ("binary_format_major_version", Value::Short(2)),
        ("binary_format_minor_version", Value::Short(0)),
        ("build_epoch", Value::Long(1_700_000_000)),
        ("description", Value::Map(vec![])),
    ]);
    write(&metadata, &mut out);
    out
}
