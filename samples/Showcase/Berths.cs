using System.Collections.Immutable;
using System.Text.Json;
using Tidings;

namespace Showcase;

/// <summary>
/// A table that several windows edit: what one of them saves shows in all others. Each record has a version, and whoever saves says which one they have seen: a change that
/// somebody else has made meanwhile is not overwritten unseen.
/// </summary>
internal static class Berths
{
    private const int MostRecords = 50;

    public static void AddBerths(this IServiceCollection services) => services.AddLiveState("berths", new Harbour(LastId: 3,
    [
        new Berth(1, "Halcyon", "A1", "Leaves with the morning tide", Version: 1),
        new Berth(2, "Sea Campion", "A4", "", Version: 1),
        new Berth(3, "Old Grey Gull", "B2", "Engine under repair", Version: 1),
    ]));

    public static void MapBerths(this WebApplication app)
    {
        RouteGroupBuilder berths = app.MapGroup("/berths").WithMetadata(Input.SmallBody);
        berths.MapEventStream("/events", (LiveState<Harbour> harbour) => harbour.Topic);
        berths.MapGet("/records", async (LiveState<Harbour> harbour, CancellationToken leaving) =>
        {
            (Harbour state, string cursor) = await harbour.ReadAsync(leaving);
            return new { state.Records, cursor };
        });
        berths.MapPost("/records", AddAsync);
        berths.MapPut("/records/{id:int}", ChangeAsync);
        berths.MapDelete("/records/{id:int}", DeleteAsync);
        app.ShowOnIndex("berths", (LiveState<Harbour> harbour) => new Figure(harbour.Current.Records.Count, $"{harbour.Current.Records.Count} boats"));
    }

    private static async Task<IResult> AddAsync(Entry entry, LiveState<Harbour> harbour)
    {
        if (!TryRead(entry, out Berth read, out IResult? problem))
        {
            return problem;
        }

        await harbour.ChangeAsync(state =>
        {
            if (state.Records.Count >= MostRecords)
            {
                problem = Input.Problem($"The harbour is full: {MostRecords} records are the most. Delete one first.", StatusCodes.Status409Conflict);
                return null;
            }

            Berth added = read with { Id = state.LastId + 1, Version = 1 };
            return Tell(new Harbour(added.Id, state.Records.Add(added)), "added", added);
        });
        return problem ?? TypedResults.NoContent();
    }

    private static async Task<IResult> ChangeAsync(int id, Entry entry, LiveState<Harbour> harbour)
    {
        if (!TryRead(entry, out Berth read, out IResult? problem))
        {
            return problem;
        }

        await harbour.ChangeAsync(state =>
        {
            Berth? current = state.Records.Find(record => record.Id == id);
            problem = Complaint(current, entry.Version);
            if (current is null || problem is not null)
            {
                return null;
            }

            Berth changed = read with { Id = id, Version = current.Version + 1 };
            return Tell(state with { Records = state.Records.Replace(current, changed) }, "changed", changed);
        });
        return problem ?? TypedResults.NoContent();
    }

    private static async Task<IResult> DeleteAsync(int id, int version, LiveState<Harbour> harbour)
    {
        IResult? problem = null;
        await harbour.ChangeAsync(state =>
        {
            Berth? current = state.Records.Find(record => record.Id == id);
            problem = Complaint(current, version);
            return current is null || problem is not null ? null : Tell(state with { Records = state.Records.Remove(current) }, "deleted", current);
        });
        return problem ?? TypedResults.NoContent();
    }

    /// <summary>Says why a change that was made of <paramref name="seen"/> cannot be saved, with the record as it is now.</summary>
    private static IResult? Complaint(Berth? current, int seen) =>
        current is null ? Input.Problem("Somebody else has deleted this record.", StatusCodes.Status404NotFound)
        : current.Version == seen ? null
        : TypedResults.Problem(
            "Somebody else has changed this record meanwhile.",
            statusCode: StatusCodes.Status409Conflict,
            extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["current"] = current });

    private static Change<Harbour> Tell(Harbour state, string type, Berth berth) =>
        new(state, new ServerEvent(JsonSerializer.Serialize(berth, JsonSerializerOptions.Web), type));

    private static bool TryRead(Entry entry, out Berth berth, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out IResult? problem)
    {
        string place = "";
        string note = "";
        bool isGood = Input.TryRead(entry.Boat, "The boat", longest: 40, out string boat, out problem)
            && Input.TryRead(entry.Place, "The berth", longest: 10, out place, out problem)
            && Input.TryRead(entry.Note, "The note", longest: 120, out note, out problem, shortest: 0);
        berth = new Berth(Id: 0, boat, place, note, Version: 0);
        return isGood;
    }

    /// <param name="Boat">The boat.</param>
    /// <param name="Place">Where it lies.</param>
    /// <param name="Note">Anything else; may be empty.</param>
    /// <param name="Version">The version that was seen; not for a new record.</param>
    private sealed record Entry(string? Boat, string? Place, string? Note, int Version);
}

internal sealed record Harbour(int LastId, ImmutableList<Berth> Records);

internal sealed record Berth(int Id, string Boat, string Place, string Note, int Version);
