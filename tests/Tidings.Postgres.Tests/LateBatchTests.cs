using Npgsql;

namespace Tidings.Postgres.Tests;

/// <summary>A batch that its node has given up reaches the database all the same, later than the next one.</summary>
public sealed class LateBatchTests(SharedServer shared)
{
    [Fact]
    public async Task A_batch_that_comes_after_the_next_one_is_refused_so_that_the_next_one_is_still_recognised()
    {
        await using TestNode node = await TestNode.StartAsync(shared.NewLog());
        await AppendAsync(node, batch: 2);

        await Assert.ThrowsAsync<PostgresException>(() => AppendAsync(node, batch: 1));
        await AppendAsync(node, batch: 2);

        Assert.Equal(1, (await node.Log.GetPositionAsync(TestContext.Current.CancellationToken)).Last);
    }

    private static Task<object?> AppendAsync(TestNode node, long batch) => node.ExecuteAsync(
        $$"""
        SELECT epoch FROM {schema}.append(
            '6f9619ff-8b86-d011-b42d-00cf4fc964ff', {{batch}}, ARRAY['a'::bytea], ARRAY['news'], ARRAY[1::bigint], ARRAY[1::bigint], ARRAY[false], ARRAY[false],
            ARRAY[NULL::text], ARRAY[NULL::uuid], ARRAY[NULL::uuid], 0, NULL, NULL)
        """);
}
