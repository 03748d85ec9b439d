"""Words that give a language away where a detector is unsure: those of everyday English, and of Hindi in Latin letters.

Written by hand. Of English: what short and rude comments are made of, as a detector takes these for other languages
most often. Of Hindi: markers, which no other language at hand has, and others, which say less.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH = _words(
    """
    the and to of is it that you for in are this with not was have on be they he she we my your his her their our at
    but what so if do did does just like would can will there who how when why all about out up them him us me no by
    from an as or has had been i'm im dont don't it's its that's i you're youre ain't aint u ur gonna get go got
    some one because then than more where which were should could people good bad know think see make here lol shit
    fuck fucking bitch bitches hoes ass hell stupid dumb idiot
    """
)
HINDI_MARKERS = _words(
    """
    hain nahi nahin nahii kya kyun kyon kyunki tumhe tumhein tumhara tumhare tumhari tujhe mujhe humein hamein
    hamare hamara hamari aapka aapki aapke aapko apna apni apne uska uski uske usko unka unki unke unko iska iski
    iske isko bahut bohot bahot accha acha achha achhe theek thik kuch kuchh koi kaun kahan kaise kaisa kaisi wala
    wali wale raha rahi rahe gaya gayi gaye karna karne karte karta karti diya diye liya hota hoti hote chahiye
    sakta sakte sakti hoon unhe unhein sabhi sabse lagte lagti lagta logon log nafrat yaar bhai
    """
)
HINDI = HINDI_MARKERS | _words(
    """
    hai mai mein teri tera tere meri mera ki ka ke ko se ye yeh woh hi ho aur bhi toh phir abhi agar lekin magar
    aisa aise aisi itna itni itne kitna kitni kitne karo karke hua hui hue tha thi jaise jaisa jaisi hun kabhi sirf
    jao aati aata
    """
)
# Of a comment's words, the share of everyday English from which on it is not another language.
MANY = 0.26
# Of romanised Hindi: this many words, a marker counting for two others more, and this share of all.
HINDI_ENOUGH, HINDI_SHARE = 3, 0.2


def much_english(words: str) -> bool:
    """Whether so many of the words, in lower case, are everyday English that a detector's other guess is wrong."""
    found = words.split()
    return sum(word in ENGLISH for word in found) > MANY * len(found)


def romanised_hindi(words: str) -> bool:
    """Whether the words, in lower case, are Hindi in Latin letters."""
    found = words.split()
    hits = sum(word in HINDI for word in found)
    weight = hits + 2 * sum(word in HINDI_MARKERS for word in found)
    return weight >= HINDI_ENOUGH and hits >= HINDI_SHARE * len(found)
