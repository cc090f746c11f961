//! The C API of libchdb 26.7, and safe types over it: all unsafe code of this crate.
//!
//! The declarations follow the public header `programs/local/chdb.h` of that version. What the types enforce: a
//! connection runs one statement at a time (every call takes `&mut`, a stream borrows its connection), handles are
//! destroyed exactly once, and no pointer outlives what it points to.

#![allow(unsafe_code, reason = "the engine is a C library; every block below says why it is sound")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::{self, NonNull};

/// `chdb_connection`: a pointer to a structure of the library.
type RawConnection = *mut c_void;
/// `chdb_result *`.
type RawResult = *mut c_void;
/// `chdb_insert_stream`.
type RawInsert = *mut c_void;
/// The one shape of `chdb_query_with_params_n`, `chdb_stream_query_with_params_n` and
/// `chdb_stream_insert_with_params_n`: connection, text, format, parameter names and values, each with its length.
type Statement = unsafe extern "C" fn(
    RawConnection,
    *const c_char,
    usize,
    *const c_char,
    usize,
    *const *const c_char,
    *const usize,
    *const *const c_char,
    *const usize,
    usize,
) -> *mut c_void;

/// `chdb_query_analysis_v1`.
#[repr(C)]
struct RawAnalysis {
    struct_size: u32,
    statement_count: u32,
    flags: u32,
    query_class: u32,
}

/// The functions that are used, resolved once.
pub(crate) struct Api {
    connect: unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut RawConnection,
    close: unsafe extern "C" fn(*mut RawConnection),
    query: Statement,
    stream_query: Statement,
    stream_fetch: unsafe extern "C" fn(RawConnection, RawResult) -> RawResult,
    stream_cancel: unsafe extern "C" fn(RawConnection, RawResult),
    destroy_result: unsafe extern "C" fn(RawResult),
    result_buffer: unsafe extern "C" fn(RawResult) -> *mut c_char,
    result_length: unsafe extern "C" fn(RawResult) -> usize,
    result_error: unsafe extern "C" fn(RawResult) -> *const c_char,
    storage_rows_read: unsafe extern "C" fn(RawResult) -> u64,
    storage_bytes_read: unsafe extern "C" fn(RawResult) -> u64,
    rows_written: unsafe extern "C" fn(RawResult) -> u64,
    bytes_written: unsafe extern "C" fn(RawResult) -> u64,
    insert: Statement,
    insert_append: unsafe extern "C" fn(RawInsert, *const c_void, usize) -> c_int,
    insert_done: unsafe extern "C" fn(RawInsert) -> RawResult,
    insert_cancel: unsafe extern "C" fn(RawInsert),
    insert_error: unsafe extern "C" fn(RawInsert) -> *const c_char,
    destroy_insert: unsafe extern "C" fn(RawInsert),
    classify:
        unsafe extern "C" fn(RawConnection, *const c_char, usize, *const c_char, usize, *mut RawAnalysis) -> c_int,
}

impl Api {
    /// Loads the library for the rest of the process and keeps its hands off the signal handlers.
    pub(crate) fn load(path: &Path) -> Result<&'static Self, String> {
        // SAFETY: libchdb's initialisers have no precondition; the caller has checked the processor they are built for.
        let library = unsafe { libloading::Library::new(path) }.map_err(|error| error.to_string())?;
        // Never unloaded: its threads live until the process ends.
        let library: &'static libloading::Library = Box::leak(Box::new(library));
        macro_rules! symbol {
            ($name:literal) => {{
                // SAFETY: the type that the symbol is given by its destination is the header's declaration of it.
                *unsafe { library.get($name) }.map_err(|error| error.to_string())?
            }};
        }
        let signal_handlers: libloading::Symbol<'_, unsafe extern "C" fn(c_int)> =
            // SAFETY: declared in the header as `void chdb_set_signal_handlers_enabled(int)`.
            unsafe { library.get(b"chdb_set_signal_handlers_enabled\0") }.map_err(|error| error.to_string())?;
        // SAFETY: called before any connection, as the header asks.
        unsafe { signal_handlers(0) };
        Ok(Box::leak(Box::new(Self {
            connect: symbol!(b"chdb_connect\0"),
            close: symbol!(b"chdb_close_conn\0"),
            query: symbol!(b"chdb_query_with_params_n\0"),
            stream_query: symbol!(b"chdb_stream_query_with_params_n\0"),
            stream_fetch: symbol!(b"chdb_stream_fetch_result\0"),
            stream_cancel: symbol!(b"chdb_stream_cancel_query\0"),
            destroy_result: symbol!(b"chdb_destroy_query_result\0"),
            result_buffer: symbol!(b"chdb_result_buffer\0"),
            result_length: symbol!(b"chdb_result_length\0"),
            result_error: symbol!(b"chdb_result_error\0"),
            storage_rows_read: symbol!(b"chdb_result_storage_rows_read\0"),
            storage_bytes_read: symbol!(b"chdb_result_storage_bytes_read\0"),
            rows_written: symbol!(b"chdb_result_rows_written\0"),
            bytes_written: symbol!(b"chdb_result_bytes_written\0"),
            insert: symbol!(b"chdb_stream_insert_with_params_n\0"),
            insert_append: symbol!(b"chdb_stream_append\0"),
            insert_done: symbol!(b"chdb_stream_done\0"),
            insert_cancel: symbol!(b"chdb_stream_cancel_insert\0"),
            insert_error: symbol!(b"chdb_stream_insert_error\0"),
            destroy_insert: symbol!(b"chdb_destroy_insert_stream\0"),
            classify: symbol!(b"chdb_classify_query_n\0"),
        })))
    }
}

/// Values for `{name:Type}` in a statement, in TSV escaping as HTTP clients send them.
#[derive(Debug, Default)]
pub(crate) struct Parameters(pub(crate) Vec<(String, String)>);

impl Parameters {
    /// Calls `function`, one of the three statement functions, with these parameters.
    fn call(&self, function: Statement, connection: RawConnection, sql: &[u8], format: &str) -> *mut c_void {
        let pointers = |pick: fn(&(String, String)) -> &String| -> (Vec<*const c_char>, Vec<usize>) {
            self.0.iter().map(|pair| (pick(pair).as_ptr().cast(), pick(pair).len())).unzip()
        };
        let (names, name_lengths) = pointers(|pair| &pair.0);
        let (values, value_lengths) = pointers(|pair| &pair.1);
        // SAFETY: `connection` is open and borrowed by the caller for the call; every pointer is valid for the length
        // that goes with it, and the library copies what it keeps before it returns.
        unsafe {
            function(
                connection,
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                names.as_ptr(),
                name_lengths.as_ptr(),
                values.as_ptr(),
                value_lengths.as_ptr(),
                self.0.len(),
            )
        }
    }
}

/// What `chdb_classify_query_n` says of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Analysis {
    /// Statements that would run; 0 for empty text and text that does not parse.
    pub(crate) statements: u32,
    /// 0 reads, 1 changes a database, 2 changes global state, 3 controls the session or the server, 4 unknown.
    pub(crate) class: u32,
}

/// One connection: a session of the engine that runs one statement at a time.
pub(crate) struct Connection {
    api: &'static Api,
    owner: NonNull<RawConnection>,
}

// SAFETY: the header allows calls from any thread as long as they are one after the other, which `&mut self` ensures.
unsafe impl Send for Connection {}

impl Connection {
    /// Opens a connection; the first one starts the engine. `None` when the library refuses, with its own words, if
    /// any, on standard error.
    pub(crate) fn open(api: &'static Api, arguments: &[CString]) -> Option<Self> {
        let mut pointers: Vec<*mut c_char> = arguments.iter().map(|argument| argument.as_ptr().cast_mut()).collect();
        let count = c_int::try_from(pointers.len()).expect("a handful of arguments");
        // SAFETY: `count` pointers to NUL-terminated strings that outlive the call; the library only reads them.
        let owner = unsafe { (api.connect)(count, pointers.as_mut_ptr()) };
        NonNull::new(owner).map(|owner| Self { api, owner })
    }

    fn raw(&self) -> RawConnection {
        // SAFETY: `owner` points to the connection until `close`, which only `drop` calls.
        unsafe { *self.owner.as_ptr() }
    }

    /// Runs a statement to its end and holds the whole result.
    pub(crate) fn query(&mut self, sql: &[u8], format: &str, parameters: &Parameters) -> Result<Answer, String> {
        Answer::check(self.api, parameters.call(self.api.query, self.raw(), sql, format))
    }

    /// Starts a SELECT whose result is fetched piece by piece.
    pub(crate) fn stream(
        &mut self,
        sql: &[u8],
        format: &str,
        parameters: &Parameters,
    ) -> Result<QueryStream<'_>, String> {
        let handle = Answer::check(self.api, parameters.call(self.api.stream_query, self.raw(), sql, format))?;
        Ok(QueryStream { connection: self, handle, ended: false })
    }

    /// Starts an INSERT (without `FORMAT` and data) whose data is appended piece by piece.
    pub(crate) fn insert(
        &mut self,
        sql: &[u8],
        format: &str,
        parameters: &Parameters,
    ) -> Result<InsertStream<'_>, String> {
        let handle = parameters.call(self.api.insert, self.raw(), sql, format);
        let stream = InsertStream { connection: self, handle, ended: false };
        match stream.error() {
            Some(error) => Err(error),
            None => Ok(stream),
        }
    }

    /// Says how many statements a text holds and what they do, without running it.
    pub(crate) fn classify(&mut self, sql: &[u8]) -> Analysis {
        let struct_size = u32::try_from(size_of::<RawAnalysis>()).expect("sixteen bytes");
        let mut raw = RawAnalysis { struct_size, statement_count: 0, flags: 0, query_class: 4 };
        // SAFETY: `sql` is valid for its length, no target database is named, `raw` is writable and says its size.
        unsafe { (self.api.classify)(self.raw(), sql.as_ptr().cast(), sql.len(), ptr::null(), 0, &raw mut raw) };
        Analysis { statements: raw.statement_count, class: raw.query_class }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: opened by `connect`, closed once, and no stream can still borrow it.
        unsafe { (self.api.close)(self.owner.as_ptr()) }
    }
}

/// A result: its bytes live in the library's memory and are handed on without a copy.
pub(crate) struct Answer {
    api: &'static Api,
    result: NonNull<c_void>,
}

// SAFETY: a result that was handed out is no longer touched by the library and has no ties to a thread.
unsafe impl Send for Answer {}

impl Answer {
    fn check(api: &'static Api, result: RawResult) -> Result<Self, String> {
        let Some(result) = NonNull::new(result) else {
            return Err("Code: 1000. DB::Exception: the engine gave no result. (POCO_EXCEPTION)".to_owned());
        };
        let answer = Self { api, result };
        // SAFETY: the result is alive, and the text belongs to it.
        match unsafe { text((api.result_error)(answer.result.as_ptr())) } {
            Some(error) => Err(error),
            None => Ok(answer),
        }
    }

    /// Rows and bytes read from tables, rows and bytes written.
    pub(crate) fn counts(&self) -> [u64; 4] {
        let result = self.result.as_ptr();
        // SAFETY: the result is alive; these only read numbers of it.
        unsafe {
            [
                (self.api.storage_rows_read)(result),
                (self.api.storage_bytes_read)(result),
                (self.api.rows_written)(result),
                (self.api.bytes_written)(result),
            ]
        }
    }
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the result is alive and keeps its buffer, which has this length, unchanged until it is destroyed.
        unsafe {
            let length = (self.api.result_length)(self.result.as_ptr());
            let buffer = (self.api.result_buffer)(self.result.as_ptr());
            if length == 0 || buffer.is_null() { &[] } else { std::slice::from_raw_parts(buffer.cast(), length) }
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        // SAFETY: destroyed once.
        unsafe { (self.api.destroy_result)(self.result.as_ptr()) }
    }
}

/// A running SELECT.
pub(crate) struct QueryStream<'a> {
    connection: &'a mut Connection,
    handle: Answer,
    ended: bool,
}

impl QueryStream<'_> {
    /// The next piece of the result; `None` at its end.
    pub(crate) fn fetch(&mut self) -> Result<Option<Answer>, String> {
        // SAFETY: connection and handle are alive and belong together; `&mut` makes the calls one after the other.
        let result = unsafe { (self.connection.api.stream_fetch)(self.connection.raw(), self.handle.result.as_ptr()) };
        let answer = Answer::check(self.connection.api, result).inspect_err(|_| self.ended = true)?;
        if answer.as_ref().is_empty() {
            self.ended = true;
            return Ok(None);
        }
        Ok(Some(answer))
    }
}

impl Drop for QueryStream<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // SAFETY: as in `fetch`; the handle itself is destroyed afterwards, by its own drop.
            unsafe { (self.connection.api.stream_cancel)(self.connection.raw(), self.handle.result.as_ptr()) }
        }
    }
}

/// A running INSERT; dropped before [`InsertStream::done`] it inserts nothing.
pub(crate) struct InsertStream<'a> {
    connection: &'a mut Connection,
    handle: RawInsert,
    ended: bool,
}

impl InsertStream<'_> {
    fn error(&self) -> Option<String> {
        // SAFETY: the handle is never null, alive until `drop`, and the text belongs to it.
        unsafe { text((self.connection.api.insert_error)(self.handle)) }
    }

    /// Appends data in the stream's format; blocks while the engine is behind. False when the stream has failed:
    /// [`InsertStream::done`] then says why.
    pub(crate) fn append(&mut self, data: &[u8]) -> bool {
        // SAFETY: `data` is valid for its length and copied by the library.
        unsafe { (self.connection.api.insert_append)(self.handle, data.as_ptr().cast(), data.len()) == 0 }
    }

    /// Ends the data and commits it.
    pub(crate) fn done(mut self) -> Result<Answer, String> {
        self.ended = true;
        // SAFETY: called once, on a live handle.
        let result = unsafe { (self.connection.api.insert_done)(self.handle) };
        Answer::check(self.connection.api, result)
    }
}

impl Drop for InsertStream<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is alive; cancelling is only for streams that were not ended, destroying is for all.
        unsafe {
            if !self.ended {
                (self.connection.api.insert_cancel)(self.handle);
            }
            (self.connection.api.destroy_insert)(self.handle);
        }
    }
}

/// Copies a C string; `None` for a null pointer.
///
/// # Safety
/// `pointer` is null or points to a NUL-terminated string that lives during the call.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    // SAFETY: by this function's own condition.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}

/// Leaves the process at once, without exit handlers: the library's own crash in most stops.
pub(crate) fn leave(code: i32) -> ! {
    unsafe extern "C" {
        fn _exit(code: c_int) -> !;
    }
    // SAFETY: `_exit` has no precondition and does not return.
    unsafe { _exit(code) }
}
