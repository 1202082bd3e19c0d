using System.Text.Json.Serialization;

namespace Tidings.Faults.Tests.Recording;

/// <summary>
/// One thing that happened, as seen from outside the server. Its place in the history is its time: what stands before another entry had happened before the
/// other began.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(PublishInvoked), "invoked")]
[JsonDerivedType(typeof(PublishAcknowledged), "acknowledged")]
[JsonDerivedType(typeof(PublishRefused), "refused")]
[JsonDerivedType(typeof(PublishUnknown), "unknown")]
[JsonDerivedType(typeof(ChainOpened), "chain")]
[JsonDerivedType(typeof(Connected), "connect")]
[JsonDerivedType(typeof(Received), "received")]
[JsonDerivedType(typeof(GapTold), "gap")]
[JsonDerivedType(typeof(Disconnected), "disconnected")]
[JsonDerivedType(typeof(Drained), "drained")]
[JsonDerivedType(typeof(LogLost), "log lost")]
[JsonDerivedType(typeof(LogForked), "log forked")]
[JsonDerivedType(typeof(LogHolds), "log holds")]
[JsonDerivedType(typeof(LogHole), "log hole")]
[JsonDerivedType(typeof(LogPruned), "log pruned")]
[JsonDerivedType(typeof(LogRetains), "log retains")]
[JsonDerivedType(typeof(Note), "note")]
public abstract record HistoryEntry;

/// <summary>A publish is about to be sent.</summary>
/// <param name="Key">What tells this publish from every other; the beginning of its data.</param>
/// <param name="Topic">Its topic.</param>
/// <param name="IsPrivate">Whether only chains that may see private events may receive it.</param>
/// <param name="Data">Its data.</param>
public sealed record PublishInvoked(string Key, string Topic, bool IsPrivate, string Data) : HistoryEntry;

/// <summary>The server said that the event is stored, and its id.</summary>
public sealed record PublishAcknowledged(string Key, string Id) : HistoryEntry;

/// <summary>The server said that the event is not stored, or was never reached.</summary>
public sealed record PublishRefused(string Key, string Why) : HistoryEntry;

/// <summary>The answer did not come, or left it open: the event may be stored once or not at all.</summary>
public sealed record PublishUnknown(string Key, string Why) : HistoryEntry;

/// <summary>A chain begins: one logical client, which keeps its cursor across reconnections.</summary>
/// <param name="Chain">Its name.</param>
/// <param name="Topics">What it asks for; null for every topic.</param>
/// <param name="SeesPrivate">Whether it may see private events.</param>
public sealed record ChainOpened(string Chain, IReadOnlyList<string>? Topics, bool SeesPrivate) : HistoryEntry;

/// <summary>A chain is about to connect.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="Cursor">The Last-Event-ID that it sends; null if it sends none and so asks for nothing that is past.</param>
public sealed record Connected(string Chain, string? Cursor) : HistoryEntry;

/// <summary>A chain received an event.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="Key">The publish that the data names; null if the data names none.</param>
/// <param name="Type">The event's type.</param>
/// <param name="Id">The last event id.</param>
/// <param name="Data">The data, if it is not what was published under the key; null if it is.</param>
public sealed record Received(string Chain, string? Key, string Type, string Id, string? Data) : HistoryEntry;

/// <summary>A chain was told that events are missing.</summary>
public sealed record GapTold(string Chain, string Reason, string Id) : HistoryEntry;

/// <summary>A connection of a chain ended, or did not come about.</summary>
public sealed record Disconnected(string Chain, string Why) : HistoryEntry;

/// <summary>A chain has had all the time in the world: what it has not received by now, it will never receive.</summary>
public sealed record Drained(string Chain) : HistoryEntry;

/// <summary>The log is gone with all that was in it, on purpose: a gap is to be told to every chain that has a cursor.</summary>
public sealed record LogLost : HistoryEntry;

/// <summary>The log has lost its newest events on purpose, and goes on with others: every chain that has received one of them is to be told a gap.</summary>
public sealed record LogForked : HistoryEntry;

/// <summary>What the log holds at the end, for a history in which it has lost events by a fork.</summary>
/// <param name="Keys">The keys of the events.</param>
public sealed record LogHolds(IReadOnlyList<string> Keys) : HistoryEntry;

/// <summary>Events disappear from the middle of the log on purpose: chains that come to them are to be told. Written when that begins, and again when it is done.</summary>
public sealed record LogHole : HistoryEntry;

/// <summary>Events have been removed from the log on purpose: chains behind may be told that their cursor has expired.</summary>
public sealed record LogPruned : HistoryEntry;

/// <summary>From now on the log keeps its newest events only: chains that are further behind may be told that their cursor has expired.</summary>
/// <param name="Events">How many.</param>
public sealed record LogRetains(int Events) : HistoryEntry;

/// <summary>What was done to the server; for whoever reads the history.</summary>
public sealed record Note(string Text) : HistoryEntry;
