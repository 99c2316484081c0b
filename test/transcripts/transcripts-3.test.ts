import { flyPart } from './fly.ts'

flyPart(3, 4)
