namespace Bridge.Slurm.Rest;

/// <summary>What the numbers of slurm_errno.h mean to Bridge. Seen in answers of 24.11 and 26.05.</summary>
internal static class SlurmErrors
{
    internal enum Kind
    {
        /// <summary>Not in the table: the HTTP status decides.</summary>
        Other,

        /// <summary>slurmctld or slurmdbd does not answer, or not to this token.</summary>
        Unreachable,

        /// <summary>There is no such object.</summary>
        NotThere,

        /// <summary>The world is not as the request assumed.</summary>
        InTheWay,

        /// <summary>It is as asked already.</summary>
        AlreadySo,

        /// <summary>Understood, and refused for good.</summary>
        Refused,
    }

    private static readonly Dictionary<int, Kind> Kinds = new()
    {
        [22] = Kind.Refused, // EINVAL: garbage in node_conf, a GRES type that the controller's gres.conf does not know
        [1007] = Kind.Unreachable, // protocol authentication error: after the token was minted anew
        [1800] = Kind.Unreachable, // unable to contact slurm controller
        [1801] = Kind.Unreachable,
        [1802] = Kind.Unreachable,
        [1803] = Kind.Unreachable,
        [1804] = Kind.Unreachable,
        [1805] = Kind.Unreachable,
        [2000] = Kind.NotThere, // invalid partition name
        [2002] = Kind.Refused, // access denied
        [2010] = Kind.Refused, // user id missing or not the owner: no administrator
        [2016] = Kind.InTheWay, // nodes busy
        [2017] = Kind.NotThere, // invalid job id
        [2018] = Kind.NotThere, // invalid node name
        [2020] = Kind.InTheWay, // job or node in transition
        [2021] = Kind.AlreadySo, // job already finished
        [2028] = Kind.InTheWay, // invalid node state for this change
        [2031] = Kind.Refused, // active features not a subset of available features
        [2072] = Kind.Refused, // this GRES cannot be changed
        [2075] = Kind.InTheWay, // partition is in use
        [2168] = Kind.InTheWay, // duplicate node
        [2178] = Kind.Refused, // unknown topology block
        [5004] = Kind.Unreachable, // socket timed out
        [7000] = Kind.Unreachable, // unable to connect to database
        [9207] = Kind.Refused, // data_parser: invalid flag
    };

    public static Kind Find(int number) =>
        Kinds.TryGetValue(number, out var kind) ? kind : number is >= 9200 and < 9300 ? Kind.Refused : Kind.Other;
}
