using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>
/// Who is subscribed to what, twice: as it is, and as it is listed. The two are brought together by <see cref="TakeChanges"/>, and every difference that is taken is told by an event
/// afterwards. So a list holds nothing whose end would not be told, and misses nothing that was told before it.
/// </summary>
/// <remarks>Safe for use from several threads.</remarks>
internal sealed class ActiveSubscriptions(Broker broker, IOptions<TidingsOptions> options)
{
    /// <summary>How long the payload of a subscription may be. Tokens come in headers, of which servers take less.</summary>
    public const int MaxPayloadBytes = 32 * 1024;

    private readonly Lock _gate = new();

    // All below are guarded by _gate.
    private readonly HashSet<Stream> _open = [];
    private readonly SortedSet<Entry> _listed = new(Comparer<Entry>.Create(static (one, other) => one.Number.CompareTo(other.Number)));
    private readonly LinkedList<Entry> _changed = []; // Each entry at most once, the one that has waited longest first.
    private long _lastNumber;
    private bool _isWoken;
    private bool _isAwaited;
    private TaskCompletionSource _hasChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many subscriptions differ from what is listed: never more than are open or listed.</summary>
    public int ChangedCount
    {
        get
        {
            lock (_gate)
            {
                return _changed.Count;
            }
        }
    }

    /// <summary>Whether whoever tells the changes waits for the next one, so that all before it are told.</summary>
    public bool IsAllTold
    {
        get
        {
            lock (_gate)
            {
                return _isAwaited;
            }
        }
    }

    /// <summary>
    /// Notes that a stream of the hub begins; dispose of what is returned when it has ended. Null if its subscriptions are not told. Comes before the stream is opened: from then on
    /// the broker knows which events are told and not stored.
    /// </summary>
    public IDisposable? Begin(HttpContext context, SubscriptionsCaller caller, IReadOnlyList<SubscribedMatcher> matchers)
    {
        SubscriptionsOptions settings = options.Value.Subscriptions;
        if (!settings.Enabled || SubscriptionAddress.HubPathOf(context) is not { } hubPath)
        {
            return null;
        }

        broker.LiveOnly.Add(SubscriptionAddress.Of(hubPath));
        return caller.IsAnonymous && !settings.IncludeAnonymous ? null : Begin(hubPath, caller, matchers);
    }

    /// <inheritdoc cref="Begin(HttpContext, SubscriptionsCaller, IReadOnlyList{SubscribedMatcher})"/>
    public IDisposable Begin(string hubPath, SubscriptionsCaller caller, IReadOnlyList<SubscribedMatcher> matchers)
    {
        string subscriber = NewSubscriber();
        var entries = new List<Entry>(matchers.Count);
        foreach (SubscribedMatcher matcher in matchers.Distinct())
        {
            var subscription = new ActiveSubscription(hubPath, matcher, subscriber, caller.PayloadFor(matcher.Match));

            // Encoded, the longest matchers make addresses that are too long for a topic; such a subscription cannot be told.
            if (Topic.TryParse(subscription.TopicIn(Dialect.Current), out _, out _) && !(LengthOf(subscription.Payload) > MaxPayloadBytes))
            {
                entries.Add(new Entry(subscription));
            }
        }

        var stream = new Stream(this) { Entries = entries };
        TaskCompletionSource signal;
        lock (_gate)
        {
            _open.Add(stream);
            ChangeLocked(entries, isActive: true);
            signal = TakeSignalLocked();
        }

        signal.SetResult();
        return stream;
    }

    /// <summary>
    /// Ends all subscriptions and begins them anew, under other names of their streams: what was told of the old ones is told to end, by whomever and in whatever order, and that does not touch the new ones.
    /// </summary>
    public void BeginAnew()
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            foreach (Stream stream in _open)
            {
                string subscriber = NewSubscriber();
                ChangeLocked(stream.Entries, isActive: false);
                stream.Entries = [.. stream.Entries.Select(entry => new Entry(entry.Subscription with { Subscriber = subscriber }))];
                ChangeLocked(stream.Entries, isActive: true);
            }

            signal = TakeSignalLocked();
        }

        signal.SetResult();
    }

    /// <summary>Ends the wait of whoever waits for changes, or waits next, whether or not there are any.</summary>
    public void Wake()
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            _isWoken = true;
            signal = TakeSignalLocked();
        }

        signal.SetResult();
    }

    /// <summary>Waits until something is to be told, or <see cref="Wake"/> was called.</summary>
    public Task WaitForChangesAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            bool isDue = _changed.Count > 0 || _isWoken;
            _isWoken = false;
            _isAwaited = !isDue;
            return isDue ? Task.CompletedTask : _hasChanged.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes at most <paramref name="max"/> changes, which from now on show in the lists and must be told, in their order.</summary>
    public List<SubscriptionChange> TakeChanges(int max)
    {
        var changes = new List<SubscriptionChange>();
        lock (_gate)
        {
            while (changes.Count < max && _changed.First is { } first)
            {
                Entry entry = first.Value;
                _changed.Remove(first);
                if (entry.IsActive)
                {
                    entry.Number = ++_lastNumber;
                    _listed.Add(entry);
                }
                else
                {
                    _listed.Remove(entry);
                }

                changes.Add(new SubscriptionChange(entry.Subscription, entry.IsActive, entry.Number));
            }
        }

        return changes;
    }

    /// <summary>Lists at most <paramref name="max"/> subscriptions that come after <paramref name="number"/>, in their order.</summary>
    public List<ListedSubscription> ListAfter(long number, int max)
    {
        var subscriptions = new List<ListedSubscription>(max);
        lock (_gate)
        {
            if (number >= _lastNumber)
            {
                return subscriptions;
            }

            foreach (Entry entry in _listed.GetViewBetween(Entry.At(number + 1), Entry.At(long.MaxValue)))
            {
                subscriptions.Add(new ListedSubscription(entry.Number, entry.Subscription));
                if (subscriptions.Count == max)
                {
                    break;
                }
            }
        }

        return subscriptions;
    }

    // Random, and nobody's choice: it must not tell who the subscriber is, or be the same for two streams.
    private static string NewSubscriber() => $"urn:uuid:{Guid.NewGuid()}";

    private static int? LengthOf(JsonElement? payload) => payload is { } json ? JsonMarshal.GetRawUtf8Value(json).Length : null;

    private void End(Stream stream)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            _open.Remove(stream);
            ChangeLocked(stream.Entries, isActive: false);
            signal = TakeSignalLocked();
        }

        signal.SetResult();
    }

    private void ChangeLocked(List<Entry> entries, bool isActive)
    {
        foreach (Entry entry in entries)
        {
            entry.IsActive = isActive;
            if (entry.Waiting.List is not null)
            {
                // It ends before it was told that it began: nobody needs to know.
                _changed.Remove(entry.Waiting);
            }
            else
            {
                _changed.AddLast(entry.Waiting);
            }
        }
    }

    private TaskCompletionSource TakeSignalLocked()
    {
        TaskCompletionSource signal = _hasChanged;
        _isAwaited = false;
        _hasChanged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return signal;
    }

    /// <summary>A subscription and what is known of it. Guarded by the gate.</summary>
    private sealed class Entry
    {
        public Entry(ActiveSubscription subscription)
        {
            Subscription = subscription;
            Waiting = new LinkedListNode<Entry>(this);
        }

        public ActiveSubscription Subscription { get; }

        /// <summary>Its place among those that differ from what is listed, if it is there.</summary>
        public LinkedListNode<Entry> Waiting { get; }

        public bool IsActive { get; set; }

        /// <summary>Its place on the list, also when it has left it; 0 if it was never there.</summary>
        public long Number { get; set; }

        /// <summary>What stands for a place when others are compared with it.</summary>
        public static Entry At(long number) => new(subscription: null!) { Number = number }; // never leaves the comparison
    }

    private sealed class Stream(ActiveSubscriptions owner) : IDisposable
    {
        private int _isOver;

        /// <summary>One for each matcher. Guarded by the gate.</summary>
        public required List<Entry> Entries { get; set; }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
            {
                owner.End(this);
            }
        }
    }
}
